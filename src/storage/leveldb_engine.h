#pragma once

// LevelDbEngine: StorageEngine on one LevelDB database. Reads run on the caller's thread, commits
// on the lane's. LevelDB is told to distrust the disk everywhere it can: a wrong byte must become
// an error, since the store can tell the difference and the protocol can not.

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
#include "storage/leveldb_lane.h"

namespace leveldb {
class Cache;
class DB;
class Env;
class FilterPolicy;
}  // namespace leveldb

namespace starling {

struct LevelDbEngineOptions {
  std::string directory;
  // Uncompressed blocks. Verified reads cost twice as much from an 8 MiB cache as from a large one.
  std::size_t block_cache_bytes = std::size_t{64} << 20U;
  // Smaller ones stall writers for up to half a second, larger ones only lengthen the recovery.
  std::size_t write_buffer_bytes = std::size_t{16} << 20U;
  // How long what was only written may stay unsynced; nothing: for ever.
  std::optional<Duration> sync_interval = std::nullopt;
  // The operating system, as LevelDB sees it. Must outlive the engine; nullptr: LevelDB's own.
  leveldb::Env* env = nullptr;
};

class LevelDbEngine final : public StorageEngine {
 public:
  // Opens the database, creating it and the directory where they are missing. `notifier` outlives
  // the engine. Errors: Failure     the directory can not be made or written, or another process
  // uses it; the
  //                     message names the directory and the remedy.
  //         Corruption  the database is damaged.
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
  [[nodiscard]] std::uint64_t queued_bytes() const override { return lane_->queued_bytes(); }

  // What is complete, for Node::on_committed; asked for after a notification.
  [[nodiscard]] LaneCompletions drain_completions() { return lane_->drain_completions(); }

 private:
  // In the order in which they are needed: the lane uses the database, it the other two.
  struct Database {
    std::unique_ptr<leveldb::Cache> cache;
    std::unique_ptr<const leveldb::FilterPolicy> filter;
    std::unique_ptr<leveldb::DB> db;
  };

  explicit LevelDbEngine(Database database);

  Database database_;
  std::unique_ptr<LevelDbLane> lane_;
};

}  // namespace starling
