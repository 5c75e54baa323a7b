#include "storage/posix_files.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <leveldb/env.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>
#include <sys/types.h>
#include <unistd.h>

#include "storage/io_error.h"

namespace starling {
namespace {

// A record of the log is appended in pieces; one system call takes them all.
constexpr std::size_t kWriteBufferBytes = 64U << 10U;
constexpr mode_t kFileMode = 0644;

// Calls until no signal interrupts.
template <typename Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

int open_file(const std::string& name, int flags) {
  return uninterrupted([&] { return ::open(name.c_str(), flags | O_CLOEXEC, kFileMode); });
}

// A descriptor, closed with the object.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { static_cast<void>(close()); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  [[nodiscard]] bool valid() const { return number_ >= 0; }
  [[nodiscard]] int number() const { return number_; }
  // Once; false: errno says why. Linux closes it even when a signal interrupts, so never again.
  bool close() {
    const int number = std::exchange(number_, -1);
    return number < 0 || ::close(number) == 0 || errno == EINTR;
  }

 private:
  int number_;
};

// Reads until `size` bytes or the end of the file; LevelDB takes a short read for the end. Returns
// what was read, or -1. No offset: from where the descriptor stands.
ssize_t read_fully(int descriptor, char* to, std::size_t size, const std::uint64_t* offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = uninterrupted([&] {
      if (offset == nullptr) return ::read(descriptor, to + done, size - done);
      return ::pread(descriptor, to + done, size - done, static_cast<off_t>(*offset + done));
    });
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

class PosixSequentialFile final : public leveldb::SequentialFile {
 public:
  PosixSequentialFile(std::string name, Descriptor file)
      : name_(std::move(name)), file_(std::move(file)) {}

  leveldb::Status Read(std::size_t size, leveldb::Slice* result, char* scratch) override {
    const ssize_t got = read_fully(file_.number(), scratch, size, nullptr);
    *result = leveldb::Slice(scratch, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return got < 0 ? io_error(name_, errno) : leveldb::Status::OK();
  }
  leveldb::Status Skip(std::uint64_t bytes) override {
    const off_t at = ::lseek(file_.number(), static_cast<off_t>(bytes), SEEK_CUR);
    return at < 0 ? io_error(name_, errno) : leveldb::Status::OK();
  }

 private:
  const std::string name_;
  const Descriptor file_;
};

// Keeps its descriptor as long as there are few of them, else opens the file for each read.
class PosixRandomAccessFile final : public leveldb::RandomAccessFile {
 public:
  PosixRandomAccessFile(std::string name, Descriptor file, std::atomic<std::size_t>& kept_open)
      : name_(std::move(name)), file_(std::move(file)), kept_open_(kept_open) {}
  ~PosixRandomAccessFile() override {
    if (file_.valid()) --kept_open_;
  }
  PosixRandomAccessFile(const PosixRandomAccessFile&) = delete;
  PosixRandomAccessFile& operator=(const PosixRandomAccessFile&) = delete;
  PosixRandomAccessFile(PosixRandomAccessFile&&) = delete;
  PosixRandomAccessFile& operator=(PosixRandomAccessFile&&) = delete;

  leveldb::Status Read(std::uint64_t offset, std::size_t size, leveldb::Slice* result,
                       char* scratch) const override {
    *result = leveldb::Slice(scratch, 0);
    if (file_.valid()) return read_from(file_, offset, size, result, scratch);
    const Descriptor file(open_file(name_, O_RDONLY));
    if (!file.valid()) return io_error(name_, errno);
    return read_from(file, offset, size, result, scratch);
  }

 private:
  leveldb::Status read_from(const Descriptor& file, std::uint64_t offset, std::size_t size,
                            leveldb::Slice* result, char* scratch) const {
    const ssize_t got = read_fully(file.number(), scratch, size, &offset);
    if (got < 0) return io_error(name_, errno);
    *result = leveldb::Slice(scratch, static_cast<std::size_t>(got));
    return leveldb::Status::OK();
  }

  const std::string name_;
  const Descriptor file_;
  std::atomic<std::size_t>& kept_open_;
};

class PosixWritableFile final : public leveldb::WritableFile {
 public:
  PosixWritableFile(std::string name, Descriptor file)
      : name_(std::move(name)), file_(std::move(file)) {
    buffer_.reserve(kWriteBufferBytes);
  }
  // Whoever wants to know closes it before.
  ~PosixWritableFile() override {
    if (file_.valid()) static_cast<void>(PosixWritableFile::Close());
  }
  PosixWritableFile(const PosixWritableFile&) = delete;
  PosixWritableFile& operator=(const PosixWritableFile&) = delete;
  PosixWritableFile(PosixWritableFile&&) = delete;
  PosixWritableFile& operator=(PosixWritableFile&&) = delete;

  leveldb::Status Append(const leveldb::Slice& data) override {
    if (buffer_.size() + data.size() > kWriteBufferBytes) {
      leveldb::Status flushed = Flush();
      if (!flushed.ok()) return flushed;
    }
    if (data.size() >= kWriteBufferBytes) return write({data.data(), data.size()});
    buffer_.append(data.data(), data.size());
    return leveldb::Status::OK();
  }
  leveldb::Status Flush() override {
    const leveldb::Status written = write(buffer_);
    buffer_.clear();
    return written;
  }
  // The size of a file is among what fdatasync() makes durable; its times are not, and cost one
  // more write of the journal.
  leveldb::Status Sync() override {
    leveldb::Status flushed = Flush();
    if (!flushed.ok()) return flushed;
    if (uninterrupted([&] { return ::fdatasync(file_.number()); }) == 0) return flushed;
    return io_error(name_, errno);
  }
  leveldb::Status Close() override {
    leveldb::Status flushed = Flush();
    const bool closed = file_.close();
    if (!flushed.ok() || closed) return flushed;
    return io_error(name_, errno);
  }

 private:
  // A short write is a signal's or a full disk's; the next call tells which.
  leveldb::Status write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote =
          uninterrupted([&] { return ::write(file_.number(), bytes.data(), bytes.size()); });
      if (wrote < 0) return io_error(name_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return leveldb::Status::OK();
  }

  const std::string name_;
  Descriptor file_;
  std::string buffer_;  // at most kWriteBufferBytes
};

class PosixLock final : public leveldb::FileLock {
 public:
  explicit PosixLock(Descriptor file) : file_(std::move(file)) {}
  // Closing its only descriptor gives the lock back.
  bool release() { return file_.close(); }

 private:
  Descriptor file_;
};

}  // namespace

PosixFiles::PosixFiles(std::size_t table_descriptors_max)
    : harmless_(*leveldb::Env::Default()), table_descriptors_max_(table_descriptors_max) {}

PosixFiles::~PosixFiles() = default;

leveldb::Status PosixFiles::SyncDirectory(const std::string& directory) {
  const Descriptor opened(open_file(directory, O_RDONLY | O_DIRECTORY));
  if (!opened.valid()) return io_error(directory, errno);
  if (uninterrupted([&] { return ::fsync(opened.number()); }) == 0) return leveldb::Status::OK();
  return io_error(directory, errno);
}

leveldb::Status PosixFiles::NewSequentialFile(const std::string& name,
                                              leveldb::SequentialFile** file) {
  *file = nullptr;
  Descriptor opened(open_file(name, O_RDONLY));
  if (!opened.valid()) return io_error(name, errno);
  *file = new PosixSequentialFile(name, std::move(opened));
  return leveldb::Status::OK();
}

leveldb::Status PosixFiles::NewRandomAccessFile(const std::string& name,
                                                leveldb::RandomAccessFile** file) {
  *file = nullptr;
  Descriptor opened(open_file(name, O_RDONLY));
  if (!opened.valid()) return io_error(name, errno);
  const bool keep_open = ++table_descriptors_ <= table_descriptors_max_;
  if (!keep_open) --table_descriptors_;
  *file = new PosixRandomAccessFile(name, keep_open ? std::move(opened) : Descriptor(-1),
                                    table_descriptors_);
  return leveldb::Status::OK();
}

leveldb::Status PosixFiles::NewWritableFile(const std::string& name, leveldb::WritableFile** file) {
  return open_for_writing(name, O_TRUNC, file);
}

leveldb::Status PosixFiles::NewAppendableFile(const std::string& name,
                                              leveldb::WritableFile** file) {
  return open_for_writing(name, O_APPEND, file);
}

leveldb::Status PosixFiles::open_for_writing(const std::string& name, int flags,
                                             leveldb::WritableFile** file) {
  *file = nullptr;
  Descriptor opened(open_file(name, O_WRONLY | O_CREAT | flags));
  if (!opened.valid()) return io_error(name, errno);
  *file = new PosixWritableFile(name, std::move(opened));
  return leveldb::Status::OK();
}

bool PosixFiles::FileExists(const std::string& name) {
  return harmless_.FileExists(name);
}

leveldb::Status PosixFiles::GetChildren(const std::string& directory,
                                        std::vector<std::string>* names) {
  return harmless_.GetChildren(directory, names);
}

leveldb::Status PosixFiles::RemoveFile(const std::string& name) {
  return ::unlink(name.c_str()) == 0 ? leveldb::Status::OK() : io_error(name, errno);
}

leveldb::Status PosixFiles::CreateDir(const std::string& name) {
  return harmless_.CreateDir(name);
}

leveldb::Status PosixFiles::RemoveDir(const std::string& name) {
  return harmless_.RemoveDir(name);
}

leveldb::Status PosixFiles::GetFileSize(const std::string& name, std::uint64_t* size) {
  return harmless_.GetFileSize(name, size);
}

leveldb::Status PosixFiles::RenameFile(const std::string& from, const std::string& to) {
  const bool renamed = std::rename(from.c_str(), to.c_str()) == 0;
  return renamed ? leveldb::Status::OK() : io_error(from, errno);
}

// A lock of the open file, not of the process: the usual kind would let this process lock it twice,
// and gives the lock up when any descriptor of the file is closed.
leveldb::Status PosixFiles::LockFile(const std::string& name, leveldb::FileLock** lock) {
  *lock = nullptr;
  Descriptor opened(open_file(name, O_RDWR | O_CREAT));
  if (!opened.valid()) return io_error(name, errno);
  struct flock whole_file = {};
  whole_file.l_type = F_WRLCK;
  whole_file.l_whence = SEEK_SET;
  if (::fcntl(opened.number(), F_OFD_SETLK, &whole_file) != 0) {
    return io_error("lock " + name, errno);
  }
  *lock = new PosixLock(std::move(opened));
  return leveldb::Status::OK();
}

leveldb::Status PosixFiles::UnlockFile(leveldb::FileLock* lock) {
  // LevelDB gives back only what LockFile made.
  const std::unique_ptr<PosixLock> held(static_cast<PosixLock*>(lock));
  return held->release() ? leveldb::Status::OK() : io_error("unlock", errno);
}

void PosixFiles::Schedule(void (*function)(void*), void* argument) {
  compactions_.schedule([function, argument] { function(argument); });
}

void PosixFiles::StartThread(void (*function)(void*), void* argument) {
  harmless_.StartThread(function, argument);
}

leveldb::Status PosixFiles::GetTestDirectory(std::string* path) {
  return harmless_.GetTestDirectory(path);
}

leveldb::Status PosixFiles::NewLogger(const std::string& name, leveldb::Logger** result) {
  return harmless_.NewLogger(name, result);
}

std::uint64_t PosixFiles::NowMicros() {
  return harmless_.NowMicros();
}

void PosixFiles::SleepForMicroseconds(int micros) {
  harmless_.SleepForMicroseconds(micros);
}

}  // namespace starling
