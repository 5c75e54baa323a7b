#include "storage/starling_env.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <leveldb/env.h>
#include <leveldb/slice.h>
#include <leveldb/status.h>

#include "base/planted_bug.h"
#include "storage/file_system.h"

namespace starling {
namespace {

class StickyFile final : public leveldb::WritableFile {
 public:
  explicit StickyFile(std::unique_ptr<leveldb::WritableFile> file) : file_(std::move(file)) {}

  leveldb::Status Append(const leveldb::Slice& data) override {
    if (error_.ok()) error_ = file_->Append(data);
    return error_;
  }
  leveldb::Status Flush() override {
    if (error_.ok()) error_ = file_->Flush();
    return error_;
  }
  leveldb::Status Sync() override {
    if (error_.ok()) error_ = file_->Sync();
    return error_;
  }
  // The file is closed in any case: a descriptor that is kept is no use to anybody.
  leveldb::Status Close() override {
    const leveldb::Status closed = file_->Close();
    if (error_.ok()) error_ = closed;
    return error_;
  }

 private:
  std::unique_ptr<leveldb::WritableFile> file_;
  leveldb::Status error_;
};

// LevelDB leaves a log by destroying its file, so there is nobody to tell but the next one.
class LogFile final : public leveldb::WritableFile {
 public:
  LogFile(std::unique_ptr<leveldb::WritableFile> file, LogEnds& ends)
      : file_(std::move(file)), ends_(ends) {}
  ~LogFile() override { leave(); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  LogFile(LogFile&&) = delete;
  LogFile& operator=(LogFile&&) = delete;

  leveldb::Status Append(const leveldb::Slice& data) override {
    leveldb::Status status = ends_.error();
    if (status.ok()) status = file_->Append(data);
    unsynced_ = true;
    return status;
  }
  leveldb::Status Flush() override { return file_->Flush(); }
  leveldb::Status Sync() override {
    leveldb::Status status = ends_.error();
    if (status.ok()) status = file_->Sync();
    if (status.ok()) unsynced_ = false;
    return status;
  }
  leveldb::Status Close() override {
    leave();
    return file_->Close();
  }

 private:
  void leave() {
    if (std::exchange(unsynced_, false)) ends_.note(file_->Sync());
  }

  std::unique_ptr<leveldb::WritableFile> file_;
  LogEnds& ends_;
  bool unsynced_ = false;
};

bool is_log(const std::string& name) {
  return name.ends_with(".log");
}

std::string directory_of(const std::string& name) {
  const std::string parent = std::filesystem::path(name).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

StarlingEnv::StarlingEnv(FileSystem& files, PlantedBug planted)
    : leveldb::EnvWrapper(&files), files_(files), planted_(planted) {}

leveldb::Status StarlingEnv::NewWritableFile(const std::string& name,
                                             leveldb::WritableFile** file) {
  *file = nullptr;
  leveldb::Status status = directory_error();
  leveldb::WritableFile* opened = nullptr;
  if (status.ok()) status = files_.NewWritableFile(name, &opened);
  return status.ok() ? hand_out(name, opened, file) : status;
}

leveldb::Status StarlingEnv::NewAppendableFile(const std::string& name,
                                               leveldb::WritableFile** file) {
  *file = nullptr;
  leveldb::Status status = directory_error();
  leveldb::WritableFile* opened = nullptr;
  if (status.ok()) status = files_.NewAppendableFile(name, &opened);
  return status.ok() ? hand_out(name, opened, file) : status;
}

leveldb::Status StarlingEnv::CreateDir(const std::string& name) {
  leveldb::Status status = directory_error();
  if (status.ok()) status = files_.CreateDir(name);
  return status.ok() ? sync_directory_of(name) : status;
}

leveldb::Status StarlingEnv::RenameFile(const std::string& from, const std::string& to) {
  leveldb::Status status = directory_error();
  if (status.ok()) status = files_.RenameFile(from, to);
  if (status.ok()) status = sync_directory_of(to);
  if (status.ok() && directory_of(from) != directory_of(to)) status = sync_directory_of(from);
  return status;
}

leveldb::Status StarlingEnv::hand_out(const std::string& name, leveldb::WritableFile* opened,
                                      leveldb::WritableFile** file) {
  std::unique_ptr<leveldb::WritableFile> ours =
      std::make_unique<StickyFile>(std::unique_ptr<leveldb::WritableFile>(opened));
  // Planted: what is synced behind a log is taken to speak for it.
  const bool left_as_it_is = planted_ == PlantedBug::LaterSync;
  if (is_log(name) && !left_as_it_is) ours = std::make_unique<LogFile>(std::move(ours), log_ends_);
  const leveldb::Status synced = sync_directory_of(name);
  if (synced.ok()) *file = ours.release();
  return synced;
}

leveldb::Status StarlingEnv::sync_directory_of(const std::string& name) {
  // Planted: what was made is taken to stay made.
  if (planted_ == PlantedBug::SkipDirectorySync) return leveldb::Status::OK();
  const leveldb::Status synced = files_.SyncDirectory(directory_of(name));
  const std::lock_guard<std::mutex> lock(mutex_);
  if (directory_error_.ok()) directory_error_ = synced;
  return directory_error_;
}

leveldb::Status StarlingEnv::directory_error() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return directory_error_;
}

}  // namespace starling
