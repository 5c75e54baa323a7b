#pragma once

// ForgetfulFiles: files in memory that know what is durable, for the traps of LevelDB. A power loss
// is as bad as it may be: it keeps what was synced, and nothing else. Like LevelDB's own file
// system, and unlike ours, it syncs the directory before it syncs a manifest. Not a fault model of
// any depth: that is the simulator's.

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <leveldb/env.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>

#include "storage/io_error.h"
#include "storage/posix_files.h"
#include "support/wrapped_files.h"

namespace starling {

namespace forgetful {

struct Content {
  std::string bytes;
  std::size_t synced = 0;
};
using Names = std::map<std::string, std::shared_ptr<Content>>;

// What the files of one ForgetfulFiles share.
struct Disk {
  std::mutex mutex;
  // Guarded by mutex.
  Names names;
  Names durable_names;
  std::optional<std::size_t> room;  // bytes that fit yet; nothing: all
  bool reads_fail = false;
};

class File final : public leveldb::WritableFile {
 public:
  File(Disk& disk, std::shared_ptr<Content> content, std::string name)
      : disk_(disk), content_(std::move(content)), name_(std::move(name)) {}
  // Takes what fits, and then says that there is no more room: a short append.
  leveldb::Status Append(const leveldb::Slice& data) override {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    const std::size_t fits = std::min(data.size(), disk_.room.value_or(data.size()));
    content_->bytes.append(data.data(), fits);
    if (disk_.room.has_value()) *disk_.room -= fits;
    return fits == data.size() ? leveldb::Status::OK() : io_error(name_, ENOSPC);
  }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    if (name_.find("MANIFEST") != std::string::npos) disk_.durable_names = disk_.names;
    content_->synced = content_->bytes.size();
    return leveldb::Status::OK();
  }

 private:
  Disk& disk_;
  std::shared_ptr<Content> content_;
  std::string name_;
};

class Reader final : public leveldb::SequentialFile, public leveldb::RandomAccessFile {
 public:
  Reader(Disk& disk, std::shared_ptr<Content> content, std::string name)
      : disk_(disk), content_(std::move(content)), name_(std::move(name)) {}
  leveldb::Status Read(std::size_t size, leveldb::Slice* result, char* scratch) override {
    const leveldb::Status status = Read(position_, size, result, scratch);
    position_ += result->size();
    return status;
  }
  leveldb::Status Skip(std::uint64_t bytes) override {
    position_ += bytes;
    return leveldb::Status::OK();
  }
  leveldb::Status Read(std::uint64_t offset, std::size_t size, leveldb::Slice* result,
                       char* scratch) const override {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    *result = leveldb::Slice(scratch, 0);
    if (disk_.reads_fail) return io_error(name_, EIO);
    const std::string& bytes = content_->bytes;
    const std::size_t begin = std::min<std::size_t>(offset, bytes.size());
    const std::size_t got = std::min(size, bytes.size() - begin);
    std::memcpy(scratch, bytes.data() + begin, got);
    *result = leveldb::Slice(scratch, got);
    return leveldb::Status::OK();
  }

 private:
  Disk& disk_;
  std::shared_ptr<Content> content_;
  std::string name_;
  std::uint64_t position_ = 0;
};

class Lock final : public leveldb::FileLock {};

class Silence final : public leveldb::Logger {
 public:
  void Logv(const char* /*format*/, std::va_list /*arguments*/) override {}
};

}  // namespace forgetful

class ForgetfulFiles final : public WrappedFiles {
 public:
  ForgetfulFiles() : WrappedFiles(posix_) {}

  // What happens to names that were removed without a sync of the directory.
  enum class Removals : std::uint8_t { Undone, Kept };

  // The files as a start after the loss finds them; this one goes on, for a database still uses it.
  [[nodiscard]] std::unique_ptr<ForgetfulFiles> after_power_loss(Removals removals) {
    auto found = std::make_unique<ForgetfulFiles>();
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    for (const auto& [name, content] : disk_.durable_names) {
      if (removals == Removals::Kept && !disk_.names.contains(name)) continue;
      auto kept = std::make_shared<forgetful::Content>();
      kept->bytes = content->bytes.substr(0, content->synced);
      kept->synced = kept->bytes.size();
      found->disk_.names.emplace(name, kept);
    }
    found->disk_.durable_names = found->disk_.names;
    return found;
  }
  void set_room(std::optional<std::size_t> bytes) {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    disk_.room = bytes;
  }
  void fail_reads() {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    disk_.reads_fail = true;
  }
  // Compactions wait until they are released.
  void hold_compactions() {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    holding_ = true;
  }
  void release_compactions() {
    std::vector<std::pair<void (*)(void*), void*>> held;
    {
      const std::lock_guard<std::mutex> lock(disk_.mutex);
      holding_ = false;
      held.swap(held_);
    }
    for (const auto& [function, argument] : held) posix_.Schedule(function, argument);
  }
  [[nodiscard]] std::size_t directory_syncs() {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    return directory_syncs_;
  }

  leveldb::Status SyncDirectory(const std::string& directory) override {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    ++directory_syncs_;
    std::erase_if(disk_.durable_names,
                  [&](const auto& entry) { return lies_in(entry.first, directory); });
    for (const auto& [name, content] : disk_.names) {
      if (lies_in(name, directory)) disk_.durable_names.emplace(name, content);
    }
    return leveldb::Status::OK();
  }
  leveldb::Status NewSequentialFile(const std::string& name,
                                    leveldb::SequentialFile** file) override {
    return open(name, file);
  }
  leveldb::Status NewRandomAccessFile(const std::string& name,
                                      leveldb::RandomAccessFile** file) override {
    return open(name, file);
  }
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    auto content = std::make_shared<forgetful::Content>();
    disk_.names[name] = content;
    *file = new forgetful::File(disk_, content, name);
    return leveldb::Status::OK();
  }
  bool FileExists(const std::string& name) override {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    return disk_.names.contains(name);
  }
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* names) override {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    names->clear();
    for (const auto& [name, content] : disk_.names) {
      if (lies_in(name, directory)) names->push_back(std::filesystem::path(name).filename());
    }
    return leveldb::Status::OK();
  }
  leveldb::Status RemoveFile(const std::string& name) override {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    return disk_.names.erase(name) == 1 ? leveldb::Status::OK() : io_error(name, ENOENT);
  }
  leveldb::Status CreateDir(const std::string& /*name*/) override { return leveldb::Status::OK(); }
  leveldb::Status GetFileSize(const std::string& name, std::uint64_t* size) override {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    const auto found = disk_.names.find(name);
    if (found == disk_.names.end()) return io_error(name, ENOENT);
    *size = found->second->bytes.size();
    return leveldb::Status::OK();
  }
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    auto moved = disk_.names.extract(from);
    if (moved.empty()) return io_error(from, ENOENT);
    disk_.names[to] = moved.mapped();
    return leveldb::Status::OK();
  }
  leveldb::Status LockFile(const std::string& /*name*/, leveldb::FileLock** lock) override {
    *lock = new forgetful::Lock();
    return leveldb::Status::OK();
  }
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override {
    delete lock;
    return leveldb::Status::OK();
  }
  leveldb::Status NewLogger(const std::string& /*name*/, leveldb::Logger** result) override {
    *result = new forgetful::Silence();
    return leveldb::Status::OK();
  }
  void Schedule(void (*function)(void*), void* argument) override {
    {
      const std::lock_guard<std::mutex> lock(disk_.mutex);
      if (holding_) return held_.emplace_back(function, argument), void();
    }
    posix_.Schedule(function, argument);
  }

 private:
  static bool lies_in(const std::string& name, const std::string& directory) {
    return std::filesystem::path(name).parent_path() == directory;
  }
  template <typename Kind>
  leveldb::Status open(const std::string& name, Kind** file) {
    const std::lock_guard<std::mutex> lock(disk_.mutex);
    const auto found = disk_.names.find(name);
    if (found == disk_.names.end()) return io_error(name, ENOENT);
    *file = new forgetful::Reader(disk_, found->second, name);
    return leveldb::Status::OK();
  }

  forgetful::Disk disk_;
  bool holding_ = false;
  std::vector<std::pair<void (*)(void*), void*>> held_;
  std::size_t directory_syncs_ = 0;
  PosixFiles posix_;  // its thread and its clock; ends before what its work uses
};

}  // namespace starling
