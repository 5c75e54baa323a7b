#pragma once

// WrappedFiles: a FileSystem that hands everything on to another one; a test overrides what it
// wants to see, hold up or break.

#include <cstdint>
#include <string>
#include <vector>

#include <leveldb/env.h>
#include <leveldb/status.h>

#include "storage/file_system.h"

namespace starling {

class WrappedFiles : public FileSystem {
 public:
  explicit WrappedFiles(FileSystem& target) : target_(target) {}

  leveldb::Status SyncDirectory(const std::string& directory) override {
    return target_.SyncDirectory(directory);
  }
  leveldb::Status NewSequentialFile(const std::string& name,
                                    leveldb::SequentialFile** file) override {
    return target_.NewSequentialFile(name, file);
  }
  leveldb::Status NewRandomAccessFile(const std::string& name,
                                      leveldb::RandomAccessFile** file) override {
    return target_.NewRandomAccessFile(name, file);
  }
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    return target_.NewWritableFile(name, file);
  }
  leveldb::Status NewAppendableFile(const std::string& name,
                                    leveldb::WritableFile** file) override {
    return target_.NewAppendableFile(name, file);
  }
  bool FileExists(const std::string& name) override { return target_.FileExists(name); }
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* names) override {
    return target_.GetChildren(directory, names);
  }
  leveldb::Status RemoveFile(const std::string& name) override { return target_.RemoveFile(name); }
  leveldb::Status CreateDir(const std::string& name) override { return target_.CreateDir(name); }
  leveldb::Status RemoveDir(const std::string& name) override { return target_.RemoveDir(name); }
  leveldb::Status GetFileSize(const std::string& name, std::uint64_t* size) override {
    return target_.GetFileSize(name, size);
  }
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override {
    return target_.RenameFile(from, to);
  }
  leveldb::Status LockFile(const std::string& name, leveldb::FileLock** lock) override {
    return target_.LockFile(name, lock);
  }
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override { return target_.UnlockFile(lock); }
  void Schedule(void (*function)(void*), void* argument) override {
    target_.Schedule(function, argument);
  }
  void StartThread(void (*function)(void*), void* argument) override {
    target_.StartThread(function, argument);
  }
  leveldb::Status GetTestDirectory(std::string* path) override {
    return target_.GetTestDirectory(path);
  }
  leveldb::Status NewLogger(const std::string& name, leveldb::Logger** result) override {
    return target_.NewLogger(name, result);
  }
  std::uint64_t NowMicros() override { return target_.NowMicros(); }
  void SleepForMicroseconds(int micros) override { target_.SleepForMicroseconds(micros); }

 protected:
  [[nodiscard]] FileSystem& target() { return target_; }

 private:
  FileSystem& target_;
};

}  // namespace starling
