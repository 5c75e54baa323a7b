#pragma once

// LevelDbEngine: StorageEngine on one LevelDB database, with a lane that commits to it. Reads run
// on the caller's thread, commits on the lane's, compactions on one that the file system has for
// it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"
#include "env/commit_notifier.h"
#include "env/storage_engine.h"
#include "storage/file_system.h"
#include "storage/leveldb_database.h"
#include "storage/leveldb_lane.h"
#include "storage/starling_env.h"
#include "storage/storage_metrics.h"

namespace starling {

struct LevelDbEngineOptions {
  LevelDbDatabaseOptions database;
  // How long what was only written may stay unsynced; nothing: for ever.
  std::optional<Duration> sync_interval = std::nullopt;
  // Must outlive the engine; nullptr: the real files.
  FileSystem* files = nullptr;
};

class LevelDbEngine final : public StorageEngine {
 public:
  // Opens the database, creating it and the directories above it where they are missing. `notifier`
  // outlives the engine. Errors: those of LevelDbDatabase::open; Failure also when a directory can
  // not be made. The message names the directory and the remedy.
  [[nodiscard]] static Result<std::unique_ptr<LevelDbEngine>> open(
      const LevelDbEngineOptions& options, CommitNotifier& notifier);

  ~LevelDbEngine() override;
  LevelDbEngine(const LevelDbEngine&) = delete;
  LevelDbEngine& operator=(const LevelDbEngine&) = delete;
  LevelDbEngine(LevelDbEngine&&) = delete;
  LevelDbEngine& operator=(LevelDbEngine&&) = delete;

  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) override;
  [[nodiscard]] Status scan(std::string_view from, std::string_view to,
                            const Visitor& visit) override;
  CommitTicket commit(std::vector<StorageWrite> batch, CommitDemand demand) override;
  [[nodiscard]] Status commit_now(std::vector<StorageWrite> batch) override;
  [[nodiscard]] std::uint64_t queued_bytes() const override;
  [[nodiscard]] std::optional<CommitTiming> timing_of(CommitTicket ticket) const override;

  // What the open found that somebody should read; empty: nothing.
  [[nodiscard]] const std::string& told() const { return database_->told(); }
  // What is complete, for Node::on_committed; asked for after a notification.
  [[nodiscard]] LaneCompletions drain_completions();

  // What was counted since the engine was opened; of the database, since that was.
  [[nodiscard]] StorageMetrics metrics() const;

  // Bytes that opening the database again may write: its logs become tables.
  [[nodiscard]] std::uint64_t reopen_bytes() const;
  // Closes the database and opens it anew: the way on behind a full disk, whose error sticks. What
  // was queued and not complete is lost, or is there unacknowledged. Errors:
  // DiskFull    there is still no space. The database is closed now: nothing can be read, commits
  //             are not written, until a later call succeeds. Nothing is damaged.
  //         Corruption  what was synced is not there; others: as open(). This engine must not be
  //                     used any more.
  [[nodiscard]] Status reopen();

 private:
  LevelDbEngine(const LevelDbEngineOptions& options, CommitNotifier& notifier);
  [[nodiscard]] Status open_database();
  [[nodiscard]] Status check_witnesses(const std::vector<LevelDbLane::Witness>& witnesses) const;

  LevelDbEngineOptions options_;
  CommitNotifier& notifier_;
  std::unique_ptr<FileSystem> own_files_;  // unless the options brought some
  // In the order in which they need each other: the lane uses the database, that the Env.
  std::unique_ptr<StarlingEnv> env_;
  // Both are missing while the database is closed for want of space.
  std::unique_ptr<LevelDbDatabase> database_;
  std::unique_ptr<LevelDbLane> lane_;
  LaneMetrics ended_lanes_;
  CommitTicket last_ticket_;  // of the lanes that ended, and of commits while there is none
  std::vector<LevelDbLane::Witness> witnesses_;  // of the last lane that ended
};

}  // namespace starling
