#include "sim/repair_monitor.h"

#include <cstdint>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "base/ids.h"
#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

constexpr OperationId kOrder{7};
constexpr Hash128 kRun{.high = 1, .low = 2};

// node0 was asked by somebody and passes the order on to node1.
struct WatchedRepairs {
  WatchedRepairs() {
    const OrderedRepair ordered{.operation = kOrder,
                                .order = {.run = kRun, .partition = {}, .dry_run = false}};
    monitor.on_peer_send(0, 1, ordered);
    monitor.on_peer_message(1, 0, ordered);
  }
  void read(std::uint16_t partition, std::uint32_t from, std::uint32_t to, OperationId operation) {
    TreeRead read;
    read.envelope.operation = operation;
    read.envelope.partition = PartitionId{partition};
    monitor.on_peer_send(from, to, read);
  }
  void answer(std::uint32_t node, std::uint32_t from, OperationId operation) {
    monitor.on_peer_message(node, from, TreeReadReply{.operation = operation, .sums = {}});
  }
  bool may_say(std::uint64_t compared) {
    monitor.on_peer_send(1, 0,
                         OrderedRepairReply{.operation = kOrder,
                                            .standing = RepairStanding::Known,
                                            .progress = {.pairs = 8, .compared = compared}});
    return monitor.violations().empty();
  }

  SmallCluster small;
  RepairMonitor monitor{small.cluster};
};

TEST_CASE("RepairMonitor: what was answered since the order may count, each pair once") {
  WatchedRepairs watched;
  watched.read(0, 1, 2, OperationId{10});
  watched.answer(1, 2, OperationId{10});
  watched.answer(1, 2, OperationId{10});
  watched.read(0, 1, 0, OperationId{11});
  watched.answer(1, 0, OperationId{11});
  CHECK(watched.may_say(2));
  CHECK_FALSE(watched.may_say(3));
}

TEST_CASE("RepairMonitor: a question alone, or the answer of somebody else, does not count") {
  WatchedRepairs watched;
  watched.read(0, 1, 2, OperationId{10});
  watched.answer(1, 0, OperationId{10});
  watched.answer(1, 2, OperationId{12});
  CHECK(watched.may_say(0));
  CHECK_FALSE(watched.may_say(1));
}

TEST_CASE("RepairMonitor: what was answered before the order came does not count") {
  WatchedRepairs watched;
  watched.read(0, 1, 2, OperationId{10});
  watched.answer(1, 2, OperationId{10});
  const OrderedRepair later{
      .operation = OperationId{8},
      .order = {.run = {.high = 3, .low = 4}, .partition = {}, .dry_run = false}};
  watched.monitor.on_peer_send(0, 1, later);
  watched.monitor.on_peer_message(1, 0, later);
  watched.monitor.on_peer_send(1, 0,
                               OrderedRepairReply{.operation = OperationId{8},
                                                  .standing = RepairStanding::Known,
                                                  .progress = {.pairs = 8, .compared = 1}});
  CHECK_FALSE(watched.monitor.violations().empty());
}

}  // namespace
}  // namespace starling::sim
