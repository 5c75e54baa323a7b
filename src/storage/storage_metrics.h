#pragma once

// StorageMetrics: what the engine and its parts count, as plain numbers; a copy, made under the
// lane's lock when somebody asks.

#include <cstdint>
#include <vector>

#include "base/histogram.h"

namespace starling {

// Of the lane. Times are those of LevelDB's write with the sync in it, and with its waits for
// compactions.
struct LaneMetrics {
  Histogram synced_writes;  // nanoseconds
  Histogram written_only;   // nanoseconds, of batches that were not synced
  Histogram batch_commits;  // commits in one batch
  Histogram batch_bytes;

  void add(const LaneMetrics& other) {
    synced_writes.add(other.synced_writes);
    written_only.add(other.written_only);
    batch_commits.add(other.batch_commits);
    batch_bytes.add(other.batch_bytes);
  }
};

// One level of the database, as LevelDB tells it: sizes in whole MiB, times in whole seconds, since
// it was opened.
struct LevelStats {
  std::uint64_t level = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t compaction_seconds = 0;
  std::uint64_t compaction_bytes_read = 0;
  std::uint64_t compaction_bytes_written = 0;
  friend bool operator==(const LevelStats&, const LevelStats&) = default;
};

struct DatabaseMetrics {
  std::vector<LevelStats> levels;  // those that have anything
  std::uint64_t block_cache_hits = 0;
  std::uint64_t block_cache_misses = 0;
  std::uint64_t block_cache_bytes = 0;
  std::uint64_t memory_bytes = 0;  // block cache and write buffers
};

struct StorageMetrics {
  LaneMetrics lane;
  DatabaseMetrics database;
};

}  // namespace starling
