#pragma once

// StarlingEnv: the Env under LevelDB, with the rules that LevelDB leaves to luck:
//
// - A name is durable before it is used. The directory is synced after a file or directory is made
//   or renamed; else a power loss forgets a log with acknowledged writes in it, or leaves a CURRENT
//   that points nowhere (LevelDB issues 189 and 195). A removal is not synced: LevelDB removes what
//   its synced manifest no longer names, so a file that comes back is swept at the next open.
// - An error sticks. After one on a writable file every later call on that file fails with it.
//   LevelDB reports a short append once and goes on writing behind the gap; everything behind it
//   is acknowledged, and lost at the next open (LevelDB pull request 578). A failed sync may have
//   dropped the pages it could not write, so a second one would lie. For the same reason no name
//   is made any more once a directory could not be synced.
// - A log is synced when it is left. LevelDB goes on to the next one without that, and a sync of
//   the next one says nothing of the end of the last: what was only written there would be lost
//   by a power loss however much later, though what came after it is there (LevelDB issue 193).
//
// The errors live as long as the Env: it is made anew for each open of a database. Source: Rebello
// et al., "Can applications recover from fsync failures?" (ATC 2020).

#include <mutex>
#include <string>

#include <leveldb/env.h>
#include <leveldb/status.h>

#include "base/planted_bug.h"
#include "storage/file_system.h"

namespace starling {

// What the logs of one Env share: once one could not be synced when it was left, none takes more.
class LogEnds {
 public:
  void note(const leveldb::Status& synced) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (error_.ok()) error_ = synced;
  }
  [[nodiscard]] leveldb::Status error() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return error_;
  }

 private:
  std::mutex mutex_;  // LevelDB leaves a log on another thread than it reads from
  leveldb::Status error_;
};

class StarlingEnv final : public leveldb::EnvWrapper {
 public:
  // `files` outlives the Env and every file opened through it.
  explicit StarlingEnv(FileSystem& files, PlantedBug planted = PlantedBug::None);

  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& name, leveldb::WritableFile** file) override;
  leveldb::Status CreateDir(const std::string& name) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;

 private:
  // Takes `opened` over: a durable name and sticky errors, or nothing and an error.
  leveldb::Status hand_out(const std::string& name, leveldb::WritableFile* opened,
                           leveldb::WritableFile** file);
  leveldb::Status sync_directory_of(const std::string& name);
  leveldb::Status directory_error();

  FileSystem& files_;
  const PlantedBug planted_;
  LogEnds log_ends_;
  std::mutex mutex_;                 // LevelDB makes files on two threads
  leveldb::Status directory_error_;  // the first one; guarded by mutex_
};

}  // namespace starling
