#pragma once

// MemoryPlan: how a node's memory is divided, so that whatever its clients do it stays about what
// it was given. Each part is the bound of one queue or cache; the limit is the sum of what they may
// hold, with what the program needs for itself.

#include <cstddef>
#include <cstdint>

namespace starling {

// The least that a node can be given: room for one value of the greatest size on each stage of its
// way, and something beside it.
inline constexpr std::uint64_t kMemoryLimitMin = std::uint64_t{256} << 20U;
// The program, its stacks, the tables of the store that are open: what no bound says.
inline constexpr std::uint64_t kMemoryOfItself = std::uint64_t{24} << 20U;

struct MemoryPlan {
  std::size_t block_cache_bytes = 0;
  std::size_t write_buffer_bytes = 0;  // LevelDB holds two: one is filled, one is written
  std::size_t record_cache_bytes = 0;
  std::uint64_t commit_queue_bytes = 0;  // held twice: encoded, and decoded in the record cache
  std::size_t request_bytes = 0;         // of clients, unanswered
  std::size_t answer_bytes = 0;          // to clients, unread
  std::size_t operation_bytes = 0;       // values and records of requests under way
  std::size_t draining_bytes = 0;        // part of operation_bytes
  std::size_t waiting_reply_bytes = 0;   // to peers, not durable yet
  std::size_t peer_output_bytes = 0;     // of all peers together
  std::size_t listings = 0;              // of kListingBytes each
  std::size_t replays = 0;               // of kReplayBytes each
  std::size_t clients = 0;               // connections
  std::size_t http_clients = 0;          // ... and those of the HTTP port

  // What all of it may hold together, the program's own memory included.
  [[nodiscard]] std::uint64_t sum() const;
};

// A page of keys, and what its scans may add to it before it is cut.
inline constexpr std::size_t kListingBytes = std::size_t{16} << 20U;
inline constexpr std::size_t kReplayBytes = 200;

// REQUIRES: limit >= kMemoryLimitMin. The sum is at most `limit`.
[[nodiscard]] MemoryPlan divide_memory(std::uint64_t limit);
// When nobody says: a quarter of the memory. Several nodes may share a machine, and the system's
// page cache, which holds the same files, wants the rest.
[[nodiscard]] std::uint64_t default_memory_limit(std::uint64_t usable_bytes);

}  // namespace starling
