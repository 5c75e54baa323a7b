#include "node/repair_command.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "node/node_options.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

ClientClusterRepair order_of(std::uint64_t run, bool dry_run = false) {
  return {.order = {.run = {.high = 1, .low = run}, .partition = {}, .dry_run = dry_run}};
}

// Three members that compare nothing by themselves for an hour, and keep no hints.
struct OrdersFixture {
  OrdersFixture() {
    NodeOptions options;
    options.hint_bytes_max = 1;
    options.repair_cycle = std::chrono::hours(1);
    cluster.restart_with(options);
    pass(std::chrono::seconds(10));
  }
  void pass(Duration time) {
    for (Duration passed{}; passed < time; passed += std::chrono::milliseconds(100)) {
      cluster.clock.advance(std::chrono::milliseconds(100));
      cluster.settle();
    }
  }
  // Two of three replicas take the write, and nobody notices that the third is back.
  void miss(std::size_t absent, const std::string& key) {
    const auto keep = [&](const TestCluster::Sent& sent) {
      return sent.to == cluster.id(absent) && std::holds_alternative<ReplicaWrite>(sent.message);
    };
    const std::uint64_t number =
        cluster.request(absent == 0 ? 1 : 0, cluster.put_of(key, "value of " + key));
    for (int round = 0; round < 20; ++round) {
      std::erase_if(cluster.sent, keep);
      for (std::size_t i = 0; i < 3; ++i) cluster.commit(i);
      std::erase_if(cluster.sent, keep);
      cluster.deliver_all();
    }
    REQUIRE(std::holds_alternative<PutReply>(cluster.replies.at(number)));
    cluster.settle();
  }
  // Asks until the run is over.
  ClusterRepairReply run(const ClientClusterRepair& order, std::size_t node = 0) {
    ClusterRepairReply reply;
    for (int asked = 0; asked < 600; ++asked) {
      reply = cluster.ask<ClusterRepairReply>(node, order);
      if (reply.progress.finished()) return reply;
      pass(std::chrono::milliseconds(100));
    }
    FAIL("the run did not end");
    return reply;
  }
  [[nodiscard]] bool agree() {
    return cluster.ask<ClusterDigestReply>(0, ClientClusterDigest{}).agree;
  }

  TestCluster cluster{3};
};

TEST_CASE("RepairCommand: what differs is made equal at once, and said") {
  OrdersFixture fixture;
  fixture.miss(2, "a");
  fixture.miss(1, "b");
  REQUIRE_FALSE(fixture.agree());
  const ClusterRepairReply reply = fixture.run(order_of(1));
  CHECK(reply.partitions == 8);
  CHECK(reply.progress.pairs == 24);  // three of each partition's replicas
  CHECK(reply.progress.compared == 24);
  CHECK(reply.progress.failed == 0);
  CHECK(reply.progress.keys_differing >= 2);
  CHECK(reply.progress.keys_differing <= 4);  // of each at most both pairs found it
  CHECK(reply.progress.records_written >= 2);
  CHECK(reply.progress.bytes > 0);
  CHECK(reply.absent.empty());
  CHECK(reply.unanswered.empty());
  CHECK(fixture.agree());
}

TEST_CASE("RepairCommand: a dry run says what differs and changes nothing") {
  OrdersFixture fixture;
  fixture.miss(2, "a");
  const ClusterRepairReply dry = fixture.run(order_of(1, true));
  CHECK(dry.progress.compared == 24);
  CHECK(dry.progress.keys_differing == 2);  // node2 from each of the others
  CHECK(dry.progress.records_written == 0);
  CHECK_FALSE(fixture.agree());
}

TEST_CASE("RepairCommand: where nothing differs no key is looked at") {
  OrdersFixture fixture;
  fixture.cluster.ask<PutReply>(0, fixture.cluster.put_of("key", "value"));
  const ClusterRepairReply reply = fixture.run(order_of(1, true));
  CHECK(reply.progress.compared == 24);
  CHECK(reply.progress.keys_compared == 0);
  CHECK(reply.progress.keys_differing == 0);
}

TEST_CASE("RepairCommand: one partition, and none that there is not") {
  OrdersFixture fixture;
  ClientClusterRepair order = order_of(1);
  order.order.partition = PartitionId{5};
  const ClusterRepairReply reply = fixture.run(order);
  CHECK(reply.partitions == 1);
  CHECK(reply.progress.pairs == 3);
  order.order.partition = PartitionId{8};
  const Status refused = fixture.cluster.ask<ErrorReply>(0, order).status;
  CHECK(refused.code() == StatusCode::Usage);
  CHECK(refused.message().find("no partition 8") != std::string::npos);
}

TEST_CASE("RepairCommand: a run is begun once, whoever asks, and remembered when it is over") {
  OrdersFixture fixture;
  fixture.miss(2, "a");
  const ClusterRepairReply first = fixture.run(order_of(1), 0);
  CHECK(fixture.run(order_of(1), 2) == first);
  CHECK(fixture.run(order_of(2), 2).progress.keys_differing == 0);
}

TEST_CASE("RepairCommand: a second run waits for the first, and is a task meanwhile") {
  OrdersFixture fixture;
  fixture.miss(2, "a");
  fixture.cluster.ask<ClusterRepairReply>(0, order_of(1));
  const Status busy = fixture.cluster.ask<ErrorReply>(1, order_of(2)).status;
  CHECK(busy.code() == StatusCode::Overloaded);
  CHECK(busy.message().find("another repair") != std::string::npos);
  const auto tasks = fixture.cluster.ask<ClusterTasksReply>(1, ClientClusterTasks{}).tasks;
  REQUIRE_FALSE(tasks.empty());
  CHECK(tasks[0].kind == "repair");
  CHECK(tasks[0].done < tasks[0].total);
  fixture.run(order_of(1));
  CHECK(fixture.run(order_of(2)).progress.compared == 24);
  CHECK(fixture.cluster.ask<ClusterTasksReply>(1, ClientClusterTasks{}).tasks.empty());
}

TEST_CASE("RepairCommand: a member that is down is named, and its pairs do not hold up the run") {
  OrdersFixture fixture;
  fixture.cluster.stop(1);
  const ClusterRepairReply reply = fixture.run(order_of(1));
  CHECK(reply.absent == std::vector<std::string>{"node1"});
  CHECK(reply.unanswered.empty());
  CHECK(reply.progress.compared == 8);  // of node0 and node2
}

TEST_CASE("RepairCommand: a silent member is named after a second") {
  OrdersFixture fixture;
  const std::uint64_t number = fixture.cluster.request(0, order_of(1));
  std::erase_if(fixture.cluster.sent,
                [&](const TestCluster::Sent& sent) { return sent.to == fixture.cluster.id(2); });
  fixture.cluster.settle();
  CHECK_FALSE(fixture.cluster.replies.contains(number));
  fixture.pass(std::chrono::seconds(1));
  const auto reply = std::get<ClusterRepairReply>(fixture.cluster.replies.at(number));
  CHECK(reply.unanswered == std::vector<std::string>{"node2"});
  CHECK(reply.absent.empty());
}

}  // namespace
}  // namespace starling
