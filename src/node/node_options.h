#pragma once

// NodeOptions: what one node is told about itself when it starts. What the whole cluster must agree
// on is ClusterConfig (ring/cluster_config.h).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/planted_bug.h"
#include "base/time.h"

namespace starling {

enum class DurabilityMode : std::uint8_t {
  Sync,      // a write counts once its synced batch is on disk
  Interval,  // once written; synced within a second
  None,      // once written; synced when the operating system pleases
};

// What clients may fill of a bound that peers' requests share: seven eighths.
template <typename Number>
[[nodiscard]] constexpr Number client_share(Number bound) {
  return bound - bound / 8;
}

struct NodeOptions {
  std::string name = "node0";
  std::string http_address;
  std::string data_dir;  // for people: `node info` shows it
  // No founder: it gets its configuration from the cluster that it is joined to. The list of
  // founders holds this node alone then, for its address.
  bool waits_to_join = false;
  DurabilityMode durability = DurabilityMode::Sync;

  // Decoded records kept in memory, the not yet durable ones included.
  std::size_t record_cache_bytes_max = std::size_t{64} << 20U;
  // Writes waiting for the disk; beyond it new ones are refused as "overloaded". Of this bound and
  // the next two clients may fill client_share(); the rest is for what other nodes sent, which has
  // been accepted somewhere already.
  std::uint64_t commit_queue_bytes_max = std::uint64_t{64} << 20U;
  // Requests being coordinated; beyond it new ones are refused as "overloaded".
  std::size_t operations_max = 16384;
  // Values and records that they hold. A get is small until its record comes.
  std::size_t operation_bytes_max = std::size_t{256} << 20U;
  // Of that, in reads that were answered and only wait for late replies, to repair what those show:
  // the oldest is given up for the newest.
  std::size_t draining_bytes_max = std::size_t{32} << 20U;
  // Records that this replica was asked for and that wait until they are durable; beyond it reads
  // of such records are refused.
  std::size_t waiting_reply_bytes_max = std::size_t{64} << 20U;
  // Listings of keys under way; each may hold a page of 8 MiB. Scans are heavy: a few at a time
  // leave the loop to the requests that are not.
  std::size_t listings_max = 16;
  // Concurrent values of one key, at a mint: somebody must resolve them before there are more.
  std::uint32_t siblings_max = 64;
  // Puts that are remembered so that a repeated one is recognised, some 200 bytes each.
  std::size_t replays_max = 200'000;
  // Hints kept for homes that are away, with their keys, and how many: an hour of 100 writes a
  // second with 2 KB each, at some 150 bytes of memory. Beyond it a hint that counts is refused,
  // and its write fails; one of best effort makes room for it.
  std::uint64_t hint_bytes_max = std::uint64_t{1} << 30U;
  std::size_t hints_max = 1'000'000;
  // How long one replica may keep a read waiting before another is asked as well. A few times what
  // a busy disk's sync takes at its 99th percentile.
  Duration replica_patience = std::chrono::milliseconds(50);

  // A request that takes as long is logged, with what happened when; zero: none is.
  Duration slow_request = std::chrono::seconds(1);

  // Every partition is compared with each other owner's copy once in this time, if nothing speaks
  // for doing it sooner.
  Duration repair_cycle = std::chrono::minutes(10);

  // A move whose target can not be reached for so long is given up.
  Duration move_patience = std::chrono::seconds(60);
  // Records of one page of a filling, more or less.
  std::uint32_t fill_tokens_max = 128;
  // Fillings that this node is the source of, at a time: each costs it disk and network that
  // requests want as well.
  std::size_t fill_sinks_max = 2;

  PlantedBug planted = PlantedBug::None;  // tests only
};

}  // namespace starling
