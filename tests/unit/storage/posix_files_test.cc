#include "storage/posix_files.h"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <leveldb/env.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>

#include "storage/io_error.h"
#include "support/temporary_directory.h"

namespace starling {
namespace {

std::unique_ptr<leveldb::WritableFile> create(PosixFiles& files, const std::string& name) {
  leveldb::WritableFile* file = nullptr;
  REQUIRE(files.NewWritableFile(name, &file).ok());
  return std::unique_ptr<leveldb::WritableFile>(file);
}

void write_file(PosixFiles& files, const std::string& name, const std::string& text) {
  const auto file = create(files, name);
  REQUIRE(file->Append(text).ok());
  REQUIRE(file->Close().ok());
}

std::unique_ptr<leveldb::RandomAccessFile> open(PosixFiles& files, const std::string& name) {
  leveldb::RandomAccessFile* file = nullptr;
  REQUIRE(files.NewRandomAccessFile(name, &file).ok());
  return std::unique_ptr<leveldb::RandomAccessFile>(file);
}

std::string read(const leveldb::RandomAccessFile& file, std::uint64_t offset, std::size_t size) {
  std::string scratch(size, '\0');
  leveldb::Slice got;
  REQUIRE(file.Read(offset, size, &got, scratch.data()).ok());
  return got.ToString();
}

TEST_CASE("PosixFiles: small and large pieces come back in the order they were appended") {
  const TemporaryDirectory directory;
  PosixFiles files;
  const std::string name = directory.path() + "/file";
  std::string expected;
  const auto file = create(files, name);
  for (const std::size_t size : {1, 100, 65536, 7, 65535, 1, 300000, 5}) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    REQUIRE(file->Append(piece).ok());
    expected += piece;
  }
  REQUIRE(file->Sync().ok());
  std::uint64_t size = 0;
  REQUIRE(files.GetFileSize(name, &size).ok());
  REQUIRE(size == expected.size());
  CHECK(read(*open(files, name), 0, expected.size()) == expected);
}

TEST_CASE("PosixFiles: a sequential file reads whole pieces, skips, and ends with an empty one") {
  const TemporaryDirectory directory;
  PosixFiles files;
  write_file(files, directory.path() + "/file", "0123456789");
  leveldb::SequentialFile* opened = nullptr;
  REQUIRE(files.NewSequentialFile(directory.path() + "/file", &opened).ok());
  const std::unique_ptr<leveldb::SequentialFile> file(opened);
  std::array<char, 100> scratch{};
  leveldb::Slice got;
  REQUIRE(file->Read(3, &got, scratch.data()).ok());
  CHECK(got.ToString() == "012");
  REQUIRE(file->Skip(2).ok());
  REQUIRE(file->Read(scratch.size(), &got, scratch.data()).ok());
  CHECK(got.ToString() == "56789");
  REQUIRE(file->Read(1, &got, scratch.data()).ok());
  CHECK(got.empty());
}

TEST_CASE("PosixFiles: a random read ends where the file does") {
  const TemporaryDirectory directory;
  PosixFiles files;
  write_file(files, directory.path() + "/file", "0123456789");
  const auto file = open(files, directory.path() + "/file");
  CHECK(read(*file, 4, 3) == "456");
  CHECK(read(*file, 8, 10) == "89");
  CHECK(read(*file, 100, 10).empty());
}

TEST_CASE("PosixFiles: tables beyond the bound are read without a descriptor of their own") {
  const TemporaryDirectory directory;
  PosixFiles files(2);
  std::vector<std::unique_ptr<leveldb::RandomAccessFile>> tables;
  for (int i = 0; i < 5; ++i) {
    const std::string name = directory.path() + "/" + std::to_string(i);
    write_file(files, name, std::to_string(i));
    tables.push_back(open(files, name));
  }
  CHECK(files.table_descriptors() == 2);
  for (std::size_t i = 0; i < 5; ++i) CHECK(read(*tables[i], 0, 1) == std::to_string(i));
  tables.clear();
  CHECK(files.table_descriptors() == 0);
}

TEST_CASE("PosixFiles: a read that the disk refuses is an error, not an empty answer") {
  const TemporaryDirectory directory;
  PosixFiles files;
  // A directory opens and does not read: the nearest thing to a bad sector.
  leveldb::SequentialFile* opened = nullptr;
  REQUIRE(files.NewSequentialFile(directory.path(), &opened).ok());
  const std::unique_ptr<leveldb::SequentialFile> sequential(opened);
  std::array<char, 10> scratch{};
  leveldb::Slice got;
  CHECK(sequential->Read(scratch.size(), &got, scratch.data()).IsIOError());
  CHECK(open(files, directory.path())->Read(0, scratch.size(), &got, scratch.data()).IsIOError());
}

TEST_CASE("PosixFiles: a full disk is said to be one when the bytes leave the process") {
  PosixFiles files;
  const auto file = create(files, "/dev/full");
  CHECK(file->Append("small").ok());
  CHECK(is_no_space(file->Flush()));
  CHECK(is_no_space(file->Append(std::string(1U << 20U, 'x'))));
}

TEST_CASE("PosixFiles: what is missing is NotFound, where nothing can be is an error") {
  const TemporaryDirectory directory;
  PosixFiles files;
  const std::string missing = directory.path() + "/missing";
  leveldb::SequentialFile* sequential = nullptr;
  leveldb::RandomAccessFile* random = nullptr;
  leveldb::WritableFile* writable = nullptr;
  CHECK(files.NewSequentialFile(missing, &sequential).IsNotFound());
  CHECK(files.NewRandomAccessFile(missing, &random).IsNotFound());
  CHECK(files.RemoveFile(missing).IsNotFound());
  CHECK(files.RenameFile(missing, directory.path() + "/other").IsNotFound());
  CHECK(files.SyncDirectory(missing).IsNotFound());
  CHECK(files.NewWritableFile(directory.path(), &writable).IsIOError());
  CHECK(files.SyncDirectory(directory.path()).ok());
}

TEST_CASE("PosixFiles: a lock is held against this process too, until it is given back") {
  const TemporaryDirectory directory;
  PosixFiles files;
  PosixFiles others;
  const std::string name = directory.path() + "/LOCK";
  leveldb::FileLock* lock = nullptr;
  leveldb::FileLock* refused = nullptr;
  REQUIRE(files.LockFile(name, &lock).ok());
  const leveldb::Status second = others.LockFile(name, &refused);
  CHECK(second.IsIOError());
  CHECK(second.ToString().find("lock ") != std::string::npos);
  CHECK_FALSE(files.LockFile(name, &refused).ok());
  REQUIRE(files.UnlockFile(lock).ok());
  REQUIRE(others.LockFile(name, &lock).ok());
  CHECK(others.UnlockFile(lock).ok());
}

TEST_CASE("PosixFiles: no descriptor is left to a program that is started") {
  const TemporaryDirectory directory;
  PosixFiles files;
  write_file(files, directory.path() + "/a", "x");
  const auto written = create(files, directory.path() + "/b");
  const auto table = open(files, directory.path() + "/a");
  leveldb::FileLock* lock = nullptr;
  REQUIRE(files.LockFile(directory.path() + "/LOCK", &lock).ok());
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (gone || !target.string().starts_with(directory.path())) continue;
    ++seen;
    const int descriptor = std::stoi(entry.path().filename().string());
    CHECK((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(seen == 3);
  CHECK(files.UnlockFile(lock).ok());
}

TEST_CASE("PosixFiles: each has a background thread of its own") {
  struct Meeting {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::thread::id> present;
  } meeting;
  {
    PosixFiles first;
    PosixFiles second;
    // Both wait for the other: on one shared thread they would wait for ever.
    const auto attend = [](void* argument) {
      Meeting& at = *static_cast<Meeting*>(argument);
      std::unique_lock<std::mutex> lock(at.mutex);
      at.present.push_back(std::this_thread::get_id());
      at.changed.notify_all();
      at.changed.wait(lock, [&] { return at.present.size() == 2; });
    };
    first.Schedule(attend, &meeting);
    second.Schedule(attend, &meeting);
  }
  REQUIRE(meeting.present.size() == 2);
  CHECK(meeting.present.front() != meeting.present.back());
}

}  // namespace
}  // namespace starling
