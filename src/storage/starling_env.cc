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
  auto sticky = std::make_unique<StickyFile>(std::unique_ptr<leveldb::WritableFile>(opened));
  const leveldb::Status synced = sync_directory_of(name);
  if (synced.ok()) *file = sticky.release();
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
