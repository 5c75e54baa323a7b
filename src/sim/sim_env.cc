#include "sim/sim_env.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <leveldb/env.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>

#include "base/assert.h"
#include "sim/sim_file_faults.h"
#include "sim/sim_files.h"
#include "storage/io_error.h"

namespace starling::sim {
namespace {

leveldb::Status broken() {
  return io_error("the simulated disk", EIO);
}

leveldb::Status missing(const std::string& name) {
  return io_error(name, ENOENT);
}

class NoLock final : public leveldb::FileLock {};

}  // namespace

class SimEnv::AppendingFile final : public leveldb::WritableFile {
 public:
  AppendingFile(SimEnv& env, FileId file) : env_(env), file_(file) {
    env_.machine_.files.open(file_);
  }
  ~AppendingFile() override { env_.machine_.files.close(file_); }
  AppendingFile(const AppendingFile&) = delete;
  AppendingFile& operator=(const AppendingFile&) = delete;
  AppendingFile(AppendingFile&&) = delete;
  AppendingFile& operator=(AppendingFile&&) = delete;

  leveldb::Status Append(const leveldb::Slice& data) override {
    return env_.append(file_, {data.data(), data.size()});
  }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return env_.sync(file_); }
  leveldb::Status Close() override { return leveldb::Status::OK(); }

 private:
  SimEnv& env_;
  FileId file_;
};

class SimEnv::ReadingFile final : public leveldb::SequentialFile, public leveldb::RandomAccessFile {
 public:
  ReadingFile(SimEnv& env, FileId file) : env_(env), file_(file) {
    env_.machine_.files.open(file_);
  }
  ~ReadingFile() override { env_.machine_.files.close(file_); }
  ReadingFile(const ReadingFile&) = delete;
  ReadingFile& operator=(const ReadingFile&) = delete;
  ReadingFile(ReadingFile&&) = delete;
  ReadingFile& operator=(ReadingFile&&) = delete;

  leveldb::Status Read(std::size_t bytes, leveldb::Slice* result, char* scratch) override {
    leveldb::Status status = Read(position_, bytes, result, scratch);
    if (status.ok()) position_ += result->size();
    return status;
  }
  leveldb::Status Skip(std::uint64_t bytes) override {
    position_ += bytes;
    return leveldb::Status::OK();
  }
  leveldb::Status Read(std::uint64_t offset, std::size_t bytes, leveldb::Slice* result,
                       char* scratch) const override {
    std::string read;
    const leveldb::Status status = env_.read(file_, offset, bytes, read);
    std::copy(read.begin(), read.end(), scratch);
    *result = leveldb::Slice(scratch, read.size());
    return status;
  }

 private:
  SimEnv& env_;
  FileId file_;
  std::uint64_t position_ = 0;
};

leveldb::Status SimEnv::pass() {
  ++calls_;
  return machine_.faults.pass() ? leveldb::Status::OK() : broken();
}

leveldb::Status SimEnv::append(FileId file, std::string_view bytes) {
  const leveldb::Status power = pass();
  const WriteFault fault = machine_.faults.write_fault();
  // What a disk without power or space has of an append is any part of it.
  if (!power.ok() || fault == WriteFault::ShortAppend) {
    const bool struck_now = power.ok() || machine_.faults.strikes_now();
    if (struck_now) {
      machine_.files.append(file, bytes.substr(0, random_.below(bytes.size() + 1)));
    }
    return power.ok() ? io_error("the simulated disk", ENOSPC) : power;
  }
  if (fault == WriteFault::AppendFails) return broken();
  machine_.files.append(file, bytes);
  return leveldb::Status::OK();
}

leveldb::Status SimEnv::sync(FileId file) {
  leveldb::Status power = pass();
  if (!power.ok()) return power;
  const WriteFault fault = machine_.faults.write_fault();
  if (fault == WriteFault::SyncDropsPages) machine_.files.drop_unsynced(file);
  if (fault == WriteFault::SyncDropsPages || fault == WriteFault::SyncFails) return broken();
  machine_.files.sync(file);
  return leveldb::Status::OK();
}

leveldb::Status SimEnv::read(FileId file, std::size_t offset, std::size_t bytes,
                             std::string& result) const {
  if (machine_.faults.is_struck()) return broken();
  const std::string_view all = machine_.files.bytes(file);
  const std::size_t begin = std::min(offset, all.size());
  std::optional<std::string> read =
      machine_.faults.read(file, begin, std::string(all.substr(begin, bytes)));
  if (!read.has_value()) return broken();
  result = std::move(*read);
  return leveldb::Status::OK();
}

void SimEnv::run_background() {
  // What runs may schedule more.
  while (!background_.empty()) {
    const auto [function, argument] = background_.front();
    background_.erase(background_.begin());
    function(argument);
  }
}

leveldb::Status SimEnv::SyncDirectory(const std::string& directory) {
  leveldb::Status power = pass();
  if (!power.ok()) return power;
  const WriteFault fault = machine_.faults.write_fault();
  if (fault == WriteFault::SyncFails || fault == WriteFault::SyncDropsPages) return broken();
  machine_.files.sync_directory(directory);
  return power;
}

leveldb::Status SimEnv::NewSequentialFile(const std::string& name, leveldb::SequentialFile** file) {
  *file = nullptr;
  const std::optional<FileId> found = machine_.files.find(name);
  if (!found.has_value()) return missing(name);
  *file = new ReadingFile(*this, *found);
  return leveldb::Status::OK();
}

leveldb::Status SimEnv::NewRandomAccessFile(const std::string& name,
                                            leveldb::RandomAccessFile** file) {
  *file = nullptr;
  const std::optional<FileId> found = machine_.files.find(name);
  if (!found.has_value()) return missing(name);
  *file = new ReadingFile(*this, *found);
  return leveldb::Status::OK();
}

leveldb::Status SimEnv::NewWritableFile(const std::string& name, leveldb::WritableFile** file) {
  *file = nullptr;
  leveldb::Status power = pass();
  if (!power.ok()) return power;
  if (machine_.faults.write_fault() == WriteFault::ShortAppend) return io_error(name, ENOSPC);
  *file = new AppendingFile(*this, machine_.files.create(name));
  return power;
}

leveldb::Status SimEnv::NewAppendableFile(const std::string& name, leveldb::WritableFile** file) {
  *file = nullptr;
  const std::optional<FileId> found = machine_.files.find(name);
  if (!found.has_value()) return NewWritableFile(name, file);
  leveldb::Status power = pass();
  if (power.ok()) *file = new AppendingFile(*this, *found);
  return power;
}

bool SimEnv::FileExists(const std::string& name) {
  return machine_.files.find(name).has_value();
}

leveldb::Status SimEnv::GetChildren(const std::string& directory, std::vector<std::string>* names) {
  names->clear();
  const std::string prefix = directory + "/";
  for (const std::string& name : machine_.files.names()) {
    if (name.starts_with(prefix)) names->push_back(name.substr(prefix.size()));
  }
  return leveldb::Status::OK();
}

leveldb::Status SimEnv::RemoveFile(const std::string& name) {
  leveldb::Status power = pass();
  if (!power.ok()) return power;
  return machine_.files.remove(name) ? power : missing(name);
}

// Directories are where their files are.
leveldb::Status SimEnv::CreateDir(const std::string& /*name*/) {
  return leveldb::Status::OK();
}

leveldb::Status SimEnv::RemoveDir(const std::string& /*name*/) {
  return leveldb::Status::OK();
}

leveldb::Status SimEnv::GetFileSize(const std::string& name, std::uint64_t* size) {
  *size = 0;
  const std::optional<FileId> found = machine_.files.find(name);
  if (!found.has_value()) return missing(name);
  *size = machine_.files.bytes(*found).size();
  return leveldb::Status::OK();
}

leveldb::Status SimEnv::RenameFile(const std::string& from, const std::string& to) {
  leveldb::Status power = pass();
  if (!power.ok()) return power;
  return machine_.files.rename(from, to) ? power : missing(from);
}

// One process a machine at a time: nobody to lock out.
leveldb::Status SimEnv::LockFile(const std::string& /*name*/, leveldb::FileLock** lock) {
  *lock = new NoLock;
  return leveldb::Status::OK();
}

leveldb::Status SimEnv::UnlockFile(leveldb::FileLock* lock) {
  delete lock;
  return leveldb::Status::OK();
}

void SimEnv::Schedule(void (*function)(void*), void* argument) {
  background_.emplace_back(function, argument);
}

void SimEnv::StartThread(void (* /*function*/)(void*), void* /*argument*/) {
  STARLING_CHECK(false);  // LevelDB starts none
}

leveldb::Status SimEnv::GetTestDirectory(std::string* path) {
  *path = "test";
  return leveldb::Status::OK();
}

// LevelDB goes without its text log then.
leveldb::Status SimEnv::NewLogger(const std::string& name, leveldb::Logger** result) {
  *result = nullptr;
  return leveldb::Status::NotSupported(name, "nobody reads it");
}

std::uint64_t SimEnv::NowMicros() {
  const auto now = machine_.events.now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return static_cast<std::uint64_t>(micros) + slept_micros_;
}

void SimEnv::SleepForMicroseconds(int micros) {
  slept_micros_ += static_cast<std::uint64_t>(std::max(micros, 0));
}

}  // namespace starling::sim
