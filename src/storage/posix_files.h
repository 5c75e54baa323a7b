#pragma once

// PosixFiles: the real file system under one database. Reads are pread() into LevelDB's own memory:
// through mmap an error of the disk would be a signal instead of a status, and a block that is
// mapped is not cached. It has its own thread for compactions. What is harmless (directories,
// clock, the text log) is LevelDB's default.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <leveldb/env.h>
#include <leveldb/status.h>

#include "storage/background_thread.h"
#include "storage/file_system.h"

namespace starling {

// How many tables are kept open; a read of another one opens it first. 500 are a gibibyte of
// LevelDB's tables of 2 MiB, and leave half of the usual 1024 descriptors to connections.
inline constexpr std::size_t kTableDescriptorsMax = 500;

class PosixFiles final : public FileSystem {
 public:
  explicit PosixFiles(std::size_t table_descriptors_max = kTableDescriptorsMax);
  // REQUIRES: no file of it is open. Ends its thread.
  ~PosixFiles() override;
  PosixFiles(const PosixFiles&) = delete;
  PosixFiles& operator=(const PosixFiles&) = delete;
  PosixFiles(PosixFiles&&) = delete;
  PosixFiles& operator=(PosixFiles&&) = delete;

  leveldb::Status SyncDirectory(const std::string& directory) override;

  leveldb::Status NewSequentialFile(const std::string& name,
                                    leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& name,
                                      leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& name, leveldb::WritableFile** file) override;
  bool FileExists(const std::string& name) override;
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* names) override;
  leveldb::Status RemoveFile(const std::string& name) override;
  leveldb::Status CreateDir(const std::string& name) override;
  leveldb::Status RemoveDir(const std::string& name) override;
  leveldb::Status GetFileSize(const std::string& name, std::uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  // Between processes, and between databases of this one. Fails at once where it is locked.
  leveldb::Status LockFile(const std::string& name, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  void Schedule(void (*function)(void*), void* argument) override;
  void StartThread(void (*function)(void*), void* argument) override;
  leveldb::Status GetTestDirectory(std::string* path) override;
  leveldb::Status NewLogger(const std::string& name, leveldb::Logger** result) override;
  std::uint64_t NowMicros() override;
  void SleepForMicroseconds(int micros) override;

  // Of tables, kept open now.
  [[nodiscard]] std::size_t table_descriptors() const { return table_descriptors_; }

 private:
  leveldb::Status open_for_writing(const std::string& name, int flags,
                                   leveldb::WritableFile** file);

  leveldb::Env& harmless_;
  const std::size_t table_descriptors_max_;
  std::atomic<std::size_t> table_descriptors_ = 0;  // files are opened and closed on any thread
  BackgroundThread compactions_;
};

}  // namespace starling
