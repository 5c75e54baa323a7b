#include "node/repair_service.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "node/node_options.h"
#include "replica/key_layout.h"
#include "ring/cluster_config.h"
#include "ring/ring.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

struct RepairFixture {
  RepairFixture() {
    // Or they would bring what was missed before anybody compares.
    NodeOptions without_hints;
    without_hints.hint_bytes_max = 1;
    cluster.restart_with(without_hints);
    pass(std::chrono::seconds(3));
  }
  // In steps, as timers come.
  void pass(Duration time) {
    for (Duration passed{}; passed < time; passed += std::chrono::milliseconds(500)) {
      cluster.clock.advance(std::chrono::milliseconds(500));
      cluster.settle();
    }
  }
  [[nodiscard]] std::string store_key_of(const std::string& key) const {
    const KeyAddress address{.bucket = "bucket", .key = key};
    const Token token = ring->token_of(address.bucket, address.key);
    return record_store_key(
        {.partition = ring->partition_of(token), .token = token, .address = address});
  }
  [[nodiscard]] bool has(std::size_t node, const std::string& key) {
    return cluster.engine(node).entries.contains(store_key_of(key));
  }
  // Two of three replicas take the write.
  void put_without(std::size_t absent, const std::string& key) {
    for (std::size_t i = 0; i < 3; ++i) cluster.cut(absent, i);
    cluster.ask<PutReply>(absent == 0 ? 1 : 0, cluster.put_of(key, "value of " + key));
  }
  // Delivers one message after the other and lets `look` change each.
  template <typename Look>
  void pass_watched(Duration time, const Look& look) {
    for (Duration passed{}; passed < time; passed += std::chrono::milliseconds(500)) {
      cluster.clock.advance(std::chrono::milliseconds(500));
      for (bool busy = true; busy;) {
        busy = false;
        for (std::size_t i = 0; i < 3; ++i) {
          busy = cluster.commit(i) || cluster.work(i) || busy;
        }
        busy = deliver_one(look) || busy;
      }
    }
  }
  template <typename Look>
  bool deliver_one(const Look& look) {
    if (cluster.sent.empty()) return false;
    TestCluster::Sent next = std::move(cluster.sent.front());
    cluster.sent.pop_front();
    look(next.message);
    for (std::size_t i = 0; i < 3; ++i) {
      if (cluster.id(i) == next.to) {
        cluster.node(i).on_peer_message(next.from, std::move(next.message));
        return true;
      }
    }
    return true;
  }
  [[nodiscard]] bool agree() {
    return cluster.ask<ClusterDigestReply>(0, ClientClusterDigest{}).agree;
  }

  TestCluster cluster{3};
  std::shared_ptr<const Ring> ring = first_ring(cluster.config());
};

TEST_CASE("RepairService: a write that a replica missed comes to it, and nobody reads") {
  RepairFixture fixture;
  fixture.put_without(2, "key");
  CHECK_FALSE(fixture.has(2, "key"));
  fixture.cluster.connect_all();
  fixture.pass(std::chrono::seconds(5));
  CHECK(fixture.has(2, "key"));
  CHECK(fixture.agree());
}

TEST_CASE("RepairService: each side gets what it lacks, deletes as well as values") {
  RepairFixture fixture;
  const std::string context =
      fixture.cluster.ask<PutReply>(0, fixture.cluster.put_of("deleted", "value")).context;
  fixture.put_without(2, "first");
  ClientDelete deletion{.address = {.bucket = "bucket", .key = "deleted"}, .context = context};
  deletion.request = {.client = {.high = 1, .low = 2}, .counter = 1000};
  fixture.cluster.ask<PutReply>(0, deletion);
  fixture.cluster.cut(0, 1);
  ClientPut alone = fixture.cluster.put_of("second", "value");
  alone.levels.w = Level::one();
  fixture.cluster.ask<PutReply>(2, alone);
  CHECK_FALSE(fixture.agree());
  fixture.cluster.connect_all();
  fixture.pass(std::chrono::seconds(6));
  for (std::size_t node = 0; node < 3; ++node) {
    CHECK(fixture.has(node, "first"));
    CHECK(fixture.has(node, "second"));
  }
  CHECK(fixture.agree());
}

TEST_CASE("RepairService: equal replicas ask each other one question a pair and cycle") {
  RepairFixture fixture;
  fixture.cluster.ask<PutReply>(0, fixture.cluster.put_of("key", "value"));
  std::size_t questions = 0;
  std::size_t others = 0;
  const auto count = [&](const PeerMessage& message) {
    questions += std::holds_alternative<TreeRead>(message) ? 1 : 0;
    others += std::holds_alternative<KeyListRead>(message) ? 1 : 0;
    others += std::holds_alternative<RecordsRead>(message) ? 1 : 0;
  };
  fixture.pass_watched(NodeOptions{}.repair_cycle, count);
  // 3 nodes, 8 partitions, 2 partners each.
  CHECK(questions == 3U * 8 * 2);
  CHECK(others == 0);
}

TEST_CASE(
    "RepairService: a store without trees, of an earlier version, is summed up and repaired") {
  RepairFixture fixture;
  fixture.put_without(2, "key");
  for (std::size_t node = 0; node < 3; ++node) {
    fixture.cluster.stop(node);
    for (std::uint16_t p = 0; p < 8; ++p) {
      const KeyBounds leaves = bounds_of_table(PartitionId{p}, StoreTable::LeafSums);
      auto& entries = fixture.cluster.engine(node).entries;
      entries.erase(entries.lower_bound(leaves.from), entries.lower_bound(leaves.to));
    }
    fixture.cluster.start(node);
  }
  fixture.cluster.connect_all();
  fixture.pass(std::chrono::seconds(6));
  CHECK(fixture.has(2, "key"));
  CHECK(fixture.agree());
}

TEST_CASE("RepairService: a partner that goes away in the middle is asked again when it is back") {
  RepairFixture fixture;
  fixture.put_without(2, "key");
  fixture.cluster.connect_all();
  fixture.pass(std::chrono::seconds(2));  // before the second look
  CHECK_FALSE(fixture.has(2, "key"));
  for (std::size_t node = 0; node < 2; ++node) fixture.cluster.cut(node, 2);
  fixture.pass(std::chrono::seconds(60));
  CHECK_FALSE(fixture.has(2, "key"));
  fixture.cluster.connect_all();
  fixture.pass(std::chrono::seconds(6));
  CHECK(fixture.has(2, "key"));
}

TEST_CASE("RepairService: a record that lies where its key does not belong is not taken") {
  RepairFixture fixture;
  // Of two that see each other again, the one with the lesser id asks.
  std::size_t asker = 0;
  for (std::size_t i = 1; i < 3; ++i) {
    if (fixture.cluster.id(i) < fixture.cluster.id(asker)) asker = i;
  }
  fixture.put_without(asker, "key");
  fixture.cluster.connect_all();
  std::size_t forged = 0;
  fixture.pass_watched(std::chrono::seconds(6), [&](PeerMessage& message) {
    // Whoever pushes would be refused by the replica.
    if (std::holds_alternative<ReplicaWrite>(message)) message = Heartbeat{};
    auto* const reply = std::get_if<RecordsReply>(&message);
    if (reply == nullptr) return;
    for (KeyedRecord& record : reply->records) {
      record.address.key = "another";
      ++forged;
    }
  });
  CHECK(forged > 0);
  CHECK_FALSE(fixture.has(asker, "another"));
  CHECK_FALSE(fixture.has(asker, "key"));
}

TEST_CASE("RepairService: answers that nobody asked for change nothing") {
  RepairFixture fixture;
  Node& node = fixture.cluster.node(0);
  const NodeId peer = fixture.cluster.id(1);
  for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{1} << 40U, ~std::uint64_t{0}}) {
    node.on_peer_message(peer, TreeReadReply{.operation = OperationId{id}});
    node.on_peer_message(peer, KeyListReply{.operation = OperationId{id}});
    node.on_peer_message(peer, RecordsReply{.operation = OperationId{id}});
  }
  node.check_invariants();
  CHECK(fixture.agree());
}

}  // namespace
}  // namespace starling
