#pragma once

// LevelDbDatabase: one LevelDB database under our options. LevelDB is told to distrust the disk
// everywhere it can: a wrong byte must become an error, since the store can tell the difference and
// the protocol can not. It has no thread and no queue; who calls write() waits for the disk. The
// engine of the daemon adds a lane to it, the simulator a schedule of its own.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "env/storage_engine.h"
#include "storage/storage_metrics.h"
#include "storage/torn_logs.h"

namespace leveldb {
class DB;
class Env;
class FilterPolicy;
class Status;
struct Options;
}  // namespace leveldb

namespace starling {

class CountingCache;

struct LevelDbDatabaseOptions {
  std::string directory;
  // Uncompressed blocks. A read takes 11 us of CPU with 8 MiB, 8 with 64 and 7 with 256, where that
  // holds everything (one million records of 100 bytes; tests/bench/block_cache_bench.cc).
  std::size_t block_cache_bytes = std::size_t{64} << 20U;
  // Smaller ones stall writers for up to half a second, larger ones only lengthen the recovery.
  std::size_t write_buffer_bytes = std::size_t{16} << 20U;
  // Tells starts of the machine apart (machine_start.h); empty: torn tails are not cut
  // (torn_logs.h).
  std::string machine_start;
};

// Bytes that an open of the database in `directory` may write: what its logs hold becomes a table,
// and a manifest is written anew.
[[nodiscard]] std::uint64_t bytes_to_open(const std::string& directory, leveldb::Env& env);

class LevelDbDatabase {
 public:
  // Opens the database, creating it where it is missing; the directory above it exists. `env`, a
  // StarlingEnv but in tests, outlives the database and is made anew for each open. Errors:
  // Corruption  the database is damaged; a tail that a power loss tore is no damage.
  //         DiskFull    there is no space for what an open writes. Nothing is damaged.
  //         Failure     the directory can not be used, or another process uses it.
  // The message names the directory and the remedy.
  [[nodiscard]] static Result<std::unique_ptr<LevelDbDatabase>> open(
      const LevelDbDatabaseOptions& options, leveldb::Env& env);

  // What the open found that somebody should read; empty: nothing.
  [[nodiscard]] const std::string& told() const { return parts_.logs->told(); }

  ~LevelDbDatabase();
  LevelDbDatabase(const LevelDbDatabase&) = delete;
  LevelDbDatabase& operator=(const LevelDbDatabase&) = delete;
  LevelDbDatabase(LevelDbDatabase&&) = delete;
  LevelDbDatabase& operator=(LevelDbDatabase&&) = delete;

  // As StorageEngine's, on any thread.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const;
  [[nodiscard]] Status scan(std::string_view from, std::string_view to,
                            const StorageEngine::Visitor& visit) const;

  // Writes all of it as one atomic batch. Synced: only then it is durable, and with it
  // what was written before, which takes an Env that syncs a log when LevelDB leaves it. No writes
  // and Synced: syncs the log. Errors: DiskFull, Failure; none can be written any more then,
  // reads go on, and what the failed batch left on disk is known after the next open only.
  [[nodiscard]] Status write(const std::vector<std::vector<StorageWrite>>& batches,
                             CommitDemand demand);

  // On any thread. Walks no data.
  [[nodiscard]] DatabaseMetrics metrics() const;

 private:
  // In the order in which they are needed: the database uses the other two.
  struct Parts {
    std::unique_ptr<CountingCache> cache;
    std::unique_ptr<const leveldb::FilterPolicy> filter;
    std::unique_ptr<leveldb::DB> db;
    std::unique_ptr<TornLogs> logs;
  };

  explicit LevelDbDatabase(Parts parts);
  [[nodiscard]] static leveldb::Status open_parts(const leveldb::Options& options,
                                                  const std::string& directory, Parts& parts);

  Parts parts_;
};

}  // namespace starling
