#include "node/repair_desk.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "repair/tree_depth.h"
#include "ring/cluster_config.h"
#include "ring/ring.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

// Node 0 with one key, asked by node 1.
struct DeskFixture {
  DeskFixture() {
    cluster.connect_all();
    cluster.clock.advance(std::chrono::seconds(2));
    cluster.settle();
    cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
    token = ring->token_of("bucket", "key");
    partition = ring->partition_of(token);
  }
  [[nodiscard]] Envelope envelope() const {
    return {.operation = OperationId{7},
            .partition = partition,
            .row_version = ring->row_version(partition),
            .remaining = std::chrono::seconds(1)};
  }
  template <typename Reply, typename Question>
  Reply ask(Question question) {
    cluster.sent.clear();
    cluster.node(0).on_peer_message(cluster.id(1), std::move(question));
    cluster.commit(0);
    for (const TestCluster::Sent& sent : cluster.sent) {
      if (const auto* const reply = std::get_if<Reply>(&sent.message)) return *reply;
    }
    FAIL("no answer");
    return {};
  }
  // The leaf with the key, at the least depth.
  [[nodiscard]] std::uint32_t leaf() const {
    return TreeSpan{.partition = partition, .partition_bits = 3}.node_of(token, kTreeDepthMin);
  }

  TestCluster cluster{3};
  std::shared_ptr<const Ring> ring = first_ring(cluster.config());
  Token token;
  PartitionId partition;
};

TEST_CASE("RepairDesk: tells sums, keys and records") {
  DeskFixture fixture;
  const auto sums =
      fixture.ask<TreeReadReply>(TreeRead{.envelope = fixture.envelope(), .nodes = {0}});
  CHECK(sums.outcome == RepairOutcome::Done);
  CHECK(sums.leaf_depth == kTreeDepthMin);
  REQUIRE(sums.sums.size() == 1);
  CHECK(sums.sums.front() != Hash128{});
  const auto list = fixture.ask<KeyListReply>(KeyListRead{.envelope = fixture.envelope(),
                                                          .depth = kTreeDepthMin,
                                                          .leaves = {fixture.leaf()},
                                                          .entries_max = 10});
  CHECK(list.outcome == RepairOutcome::Done);
  REQUIRE(list.entries.size() == 1);
  CHECK(list.entries.front().token == fixture.token);
  const auto records = fixture.ask<RecordsReply>(
      RecordsRead{.envelope = fixture.envelope(), .tokens = {fixture.token}});
  CHECK(records.outcome == RepairOutcome::Done);
  REQUIRE(records.records.size() == 1);
  CHECK(records.records.front().versions.siblings().at(0).value == "value");
}

TEST_CASE("RepairDesk: refuses another row, another's partition, and what makes no sense") {
  DeskFixture fixture;
  Envelope stale = fixture.envelope();
  stale.row_version.value += 1;
  CHECK(fixture.ask<TreeReadReply>(TreeRead{.envelope = stale, .nodes = {0}}).outcome ==
        RepairOutcome::StaleRow);
  Envelope foreign = fixture.envelope();
  foreign.partition = PartitionId{9};
  CHECK(fixture.ask<KeyListReply>(KeyListRead{.envelope = foreign}).outcome ==
        RepairOutcome::Refused);
  CHECK(fixture.ask<TreeReadReply>(TreeRead{.envelope = fixture.envelope(), .nodes = {}}).outcome ==
        RepairOutcome::Refused);
  CHECK(fixture.ask<KeyListReply>(KeyListRead{.envelope = fixture.envelope(), .leaves = {1}})
            .outcome == RepairOutcome::Refused);
  const Token outside{fixture.token.value ^ (std::uint64_t{1} << 63U)};
  CHECK(fixture.ask<RecordsReply>(RecordsRead{.envelope = fixture.envelope(), .tokens = {outside}})
            .outcome == RepairOutcome::Refused);
}

TEST_CASE("RepairDesk: refuses whose queue is full") {
  DeskFixture fixture;
  fixture.cluster.crowded.insert(fixture.cluster.id(1));
  CHECK(
      fixture.ask<TreeReadReply>(TreeRead{.envelope = fixture.envelope(), .nodes = {0}}).outcome ==
      RepairOutcome::Refused);
}

TEST_CASE("RepairDesk: a record leaves when it is durable, not before") {
  DeskFixture fixture;
  fixture.cluster.node(0).on_client_request(
      {.connection = 1, .request = 999},
      {.remaining = std::chrono::seconds(5), .body = fixture.cluster.put_of("key", "newer")});
  fixture.cluster.sent.clear();
  fixture.cluster.node(0).on_peer_message(
      fixture.cluster.id(1),
      RecordsRead{.envelope = fixture.envelope(), .tokens = {fixture.token}});
  CHECK(fixture.cluster.sent.empty());
  fixture.cluster.commit(0);
  CHECK_FALSE(fixture.cluster.sent.empty());
}

}  // namespace
}  // namespace starling
