#pragma once

// MovingCluster: four nodes, N = 3, with some keys in one partition, which can be moved from its
// last owner to the one node that stands nowhere in its row.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "handoff/fill_stream.h"
#include "message/client_messages.h"
#include "node/node.h"
#include "node/node_options.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
#include "support/test_cluster.h"

namespace starling {

struct MovingCluster {
  explicit MovingCluster(std::uint32_t tokens_of_a_page = 128,
                         PlantedBug planted = PlantedBug::None)
      : MovingCluster(with_pages(tokens_of_a_page), planted) {}
  explicit MovingCluster(const NodeOptions& options, PlantedBug planted = PlantedBug::None)
      : cluster(4, planted) {
    cluster.restart_with(options);
    pass(std::chrono::seconds(2));
    const Ring& ring = *cluster.node(0).ring();
    for (int number = 0; keys.size() < 5; ++number) {
      const std::string key = "key" + std::to_string(number);
      const PartitionId found = ring.partition_of(ring.token_of("bucket", key));
      if (keys.empty()) partition = found;
      if (found == partition) keys.push_back(key);
    }
    for (const std::string& key : keys) {
      cluster.ask<PutReply>(0, cluster.put_of(key, "value of " + key));
    }
    const SlotRow& row = configuration().rows[partition.value];
    source = index(row.back().holder);
    sink = cluster.stranger_to(keys.front());
  }

  static NodeOptions with_pages(std::uint32_t tokens) {
    NodeOptions options;
    options.fill_tokens_max = tokens;
    return options;
  }
  void pass(Duration time) {
    cluster.clock.advance(time);
    cluster.settle();
  }
  // In small steps, so that timers fire when they are due.
  void pass_slowly(Duration time) {
    for (Duration passed{}; passed < time; passed += std::chrono::milliseconds(250)) {
      pass(std::chrono::milliseconds(250));
    }
  }
  [[nodiscard]] const Configuration& configuration(std::size_t node = 0) {
    return *cluster.node(node).configuration();
  }
  [[nodiscard]] std::size_t index(NodeId node) const {
    for (std::size_t i = 0; i < 4; ++i) {
      if (cluster.id(i) == node) return i;
    }
    return 4;
  }
  // Decides that the move begins.
  void begin_move(std::size_t proposer = 0) {
    Configuration after = successor_of(configuration(proposer));
    take_step(after, partition,
              {.step = SlotStep::StartMove,
               .slot = configuration(proposer).rows[partition.value].size() - 1,
               .newcomer = cluster.id(sink)});
    REQUIRE(cluster.node(proposer).propose(after, {}).ok());
  }
  [[nodiscard]] std::vector<FillProgress> fills() { return cluster.node(sink).report().fills; }
  // How many of the keys stand in the store of the node.
  [[nodiscard]] std::size_t records_of(std::size_t node) {
    const Ring& ring = *cluster.node(0).ring();
    std::size_t count = 0;
    for (const std::string& key : keys) {
      const KeyAddress address{.bucket = "bucket", .key = key};
      count += cluster.engine(node).entries.count(
          record_store_key({partition, ring.token_of("bucket", key), address}));
    }
    return count;
  }

  TestCluster cluster;
  std::vector<std::string> keys;
  PartitionId partition;
  std::size_t source = 0;
  std::size_t sink = 0;
};

}  // namespace starling
