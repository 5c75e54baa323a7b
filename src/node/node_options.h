#pragma once

// NodeOptions: what one node is told about itself when it starts. What the whole cluster must agree
// on is ClusterConfig (ring/cluster_config.h).

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

struct NodeOptions {
  std::string name = "node0";
  std::string http_address;
  std::string data_dir;  // for people: `node info` shows it
  DurabilityMode durability = DurabilityMode::Sync;

  // Decoded records kept in memory, the not yet durable ones included.
  std::size_t record_cache_bytes_max = std::size_t{64} << 20U;
  // Writes waiting for the disk; beyond it new ones are refused as "overloaded".
  std::uint64_t commit_queue_bytes_max = std::uint64_t{64} << 20U;
  // Requests being coordinated; beyond it new ones are refused as "overloaded".
  std::size_t operations_max = 16384;
  // How long one replica may keep a read waiting before another is asked as well. A few times what
  // a busy disk's sync takes at its 99th percentile.
  Duration replica_patience = std::chrono::milliseconds(50);

  PlantedBug planted = PlantedBug::None;  // tests only
};

}  // namespace starling
