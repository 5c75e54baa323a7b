#include "node/handoff_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/ids.h"
#include "handoff/hint.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "moving_cluster.h"
#include "node/node_options.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

// A cluster of five with three copies of each key: "key" has a minter, two other homes, and two
// fallbacks, which are its hint holders.
struct Five {
  explicit Five(const NodeOptions& options = {}) : cluster(5) {
    cluster.restart_with(options);
    owners = cluster.owners_of("key");
    for (std::size_t i = 0; i < 5; ++i) {
      if (std::ranges::find(owners, i) == owners.end()) holders.push_back(i);
    }
  }
  StatusCode put(bool sloppy, Level w = Level::quorum()) {
    ClientPut put = cluster.put_of("key", "value" + std::to_string(++puts));
    put.levels.w = w;
    put.levels.sloppy = sloppy;
    const std::uint64_t number = cluster.request(owners[0], put);
    cluster.settle();
    const ClientReply& reply = cluster.replies.at(number);
    if (const auto* const error = std::get_if<ErrorReply>(&reply)) return error->status.code();
    last = std::get<PutReply>(reply);
    return StatusCode::Ok;
  }
  std::size_t hints_at(std::size_t node) {
    return static_cast<std::size_t>(std::ranges::count_if(
        cluster.engine(node).entries,
        [](const auto& entry) { return parse_hint_store_key(entry.first).ok(); }));
  }
  std::size_t hints() {
    std::size_t all = 0;
    for (std::size_t i = 0; i < 5; ++i) all += hints_at(i);
    return all;
  }
  bool has_record(std::size_t node) {
    return std::ranges::any_of(cluster.engine(node).entries, [](const auto& entry) {
      return !parse_hint_store_key(entry.first).ok() && entry.first.ends_with("key");
    });
  }
  // It comes back, and all that follows from that happens.
  void back(std::size_t node) {
    cluster.start(node);
    cluster.connect_all();
  }
  void wait(Duration time) {
    cluster.clock.advance(time);
    cluster.settle();
  }

  TestCluster cluster;
  std::vector<std::size_t> owners;
  std::vector<std::size_t> holders;
  PutReply last;
  int puts = 0;
};

TEST_CASE("HandoffService: what a home missed is kept at a holder, and brought when it is back") {
  Five five;
  five.cluster.stop(five.owners[2]);
  CHECK(five.put(false) == StatusCode::Ok);
  CHECK(five.last.replies.received == 2);
  CHECK(five.hints() == 1);
  CHECK_FALSE(five.has_record(five.owners[2]));
  five.back(five.owners[2]);
  CHECK(five.has_record(five.owners[2]));
  CHECK(five.hints() == 0);
}

TEST_CASE("HandoffService: hints survive the restart of their holder") {
  Five five;
  five.cluster.stop(five.owners[2]);
  CHECK(five.put(false) == StatusCode::Ok);
  const std::size_t holder =
      five.hints_at(five.holders[0]) == 1 ? five.holders[0] : five.holders[1];
  REQUIRE(five.hints_at(holder) == 1);
  five.cluster.stop(holder);
  five.back(holder);
  CHECK(five.hints_at(holder) == 1);
  five.back(five.owners[2]);
  CHECK(five.has_record(five.owners[2]));
  CHECK(five.hints() == 0);
}

TEST_CASE("HandoffService: where every member is a home the minter keeps a note, and its record") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(2);
  CHECK(cluster.ask<PutReply>(0, cluster.put_of("key", "a")).replies.received == 2);
  CHECK(cluster.ask<PutReply>(0, cluster.put_of("key", "b")).siblings == 2);
  cluster.start(2);
  cluster.connect_all();
  ClientGet one = TestCluster::get_of("key");
  one.levels.r = Level::one();
  CHECK(cluster.ask<GetReply>(2, one).siblings.size() == 2);
  CHECK(cluster.ask<ClusterDigestReply>(0, ClientClusterDigest{}).agree);
}

TEST_CASE(
    "HandoffService: a sloppy write reaches W with a stand-in's hint, a strict one does not") {
  Five five;
  five.cluster.stop(five.owners[1]);
  five.cluster.stop(five.owners[2]);
  CHECK(five.put(false) == StatusCode::Unavailable);
  CHECK(five.hints() == 0);
  CHECK(five.put(true) == StatusCode::Ok);
  CHECK(five.last.replies == ReplyCounts{.required = 2, .received = 2, .primaries = 1});
  CHECK(five.hints() == 2);
  CHECK(five.put(true, Level::all()) == StatusCode::Ok);
  five.back(five.owners[1]);
  five.back(five.owners[2]);
  CHECK(five.has_record(five.owners[1]));
  CHECK(five.has_record(five.owners[2]));
  CHECK(five.hints() == 0);
  CHECK(five.cluster.ask<ClusterDigestReply>(0, ClientClusterDigest{}).agree);
}

TEST_CASE("HandoffService: what a sloppy write left with the stand-ins outlives its minter") {
  Five five;
  five.cluster.stop(five.owners[1]);
  five.cluster.stop(five.owners[2]);
  CHECK(five.put(true) == StatusCode::Ok);
  five.cluster.stop(five.owners[0]);
  five.cluster.wipe(five.owners[0]);
  five.back(five.owners[1]);
  five.back(five.owners[2]);
  CHECK(five.has_record(five.owners[1]));
}

TEST_CASE(
    "HandoffService: full of hints that count, a stand-in refuses, and the write is in doubt") {
  Five five({.hints_max = 1});
  five.cluster.stop(five.owners[1]);
  five.cluster.stop(five.owners[2]);
  CHECK(five.put(true, Level::all()) == StatusCode::Ok);
  CHECK(five.hints() == 2);
  CHECK(five.put(true, Level::all()) == StatusCode::InDoubt);
  CHECK(five.hints_at(five.holders[0]) == 1);
  CHECK(five.hints_at(five.holders[1]) == 1);
}

TEST_CASE("HandoffService: a stand-in without room on its disk is none") {
  Five five;
  five.cluster.stop(five.owners[1]);
  five.cluster.stop(five.owners[2]);
  for (const std::size_t holder : five.holders) {
    five.cluster.node(holder).on_store_condition(StoreCondition::Tight, "little room");
  }
  five.cluster.settle();
  CHECK(five.put(true) == StatusCode::Unavailable);
}

TEST_CASE("HandoffService: a hint stays until the home has it on disk") {
  Five five;
  five.cluster.stop(five.owners[2]);
  CHECK(five.put(false) == StatusCode::Ok);
  const std::size_t home = five.owners[2];
  five.cluster.start(home);
  for (std::size_t i = 0; i < 5; ++i) five.cluster.connect(i, home);
  // Everything happens but the home's commits, once it counts.
  for (int turn = 0; turn < 20; ++turn) {
    five.cluster.deliver_all();
    for (std::size_t i = 0; i < 5; ++i) {
      if (i != home) five.cluster.commit(i);
    }
  }
  CHECK(five.hints() == 1);
  CHECK_FALSE(five.has_record(home));
  five.cluster.settle();
  CHECK(five.has_record(home));
  CHECK(five.hints() == 0);
}

TEST_CASE("HandoffService: a home that is crowded, or has no room, is tried again") {
  Five five;
  const std::size_t home = five.owners[2];
  five.cluster.stop(home);
  CHECK(five.put(false) == StatusCode::Ok);
  SUBCASE("crowded") {
    five.cluster.crowded = {five.cluster.id(home)};
    five.back(home);
    CHECK(five.hints() == 1);
    five.cluster.crowded.clear();
  }
  SUBCASE("a tight disk takes no client's value by this way either") {
    five.cluster.start(home);
    five.cluster.node(home).on_store_condition(StoreCondition::Tight, "little room");
    five.cluster.connect_all();
    CHECK(five.hints() == 1);
    five.cluster.node(home).on_store_condition(StoreCondition::Roomy, "");
  }
  five.wait(std::chrono::seconds(6));
  CHECK(five.hints() == 0);
  CHECK(five.has_record(home));
}

TEST_CASE("HandoffService: a hint that the home can not merge waits until it can") {
  Five five;
  CHECK(five.put(false) == StatusCode::Ok);
  const std::size_t home = five.owners[2];
  five.cluster.stop(home);
  CHECK(five.put(false) == StatusCode::Ok);
  std::string damaged;
  for (const auto& [key, value] : five.cluster.engine(home).entries) {
    if (key.ends_with("key")) damaged = key;
  }
  five.cluster.engine(home).damaged.insert(damaged);
  five.back(home);
  CHECK(five.hints() == 1);
  five.cluster.engine(home).damaged.clear();
  five.wait(std::chrono::seconds(11));
  CHECK(five.hints() == 0);
}

TEST_CASE("HandoffService: hints for who holds no slot, and at who is no holder, are refused") {
  Five five;
  const auto ring = first_ring(five.cluster.config());
  HintWrite write{.standing = HintStanding::Counted,
                  .address = {.bucket = "bucket", .key = "key"},
                  .versions = {}};
  write.versions.add({.dot = {.actor = {.incarnation = Incarnation{1}}, .counter = 1}});
  write.envelope.partition = ring->partition_of(ring->token_of("bucket", "key"));
  write.envelope.row_version = ring->row_version(write.envelope.partition);
  write.envelope.remaining = std::chrono::seconds(1);
  const auto outcome_at = [&](std::size_t node) {
    five.cluster.sent.clear();
    five.cluster.node(node).on_peer_message(five.cluster.id((node + 1) % 5), write);
    five.cluster.commit(node);
    // The hint of a home that is there is on its way to it as well.
    for (const TestCluster::Sent& sent : five.cluster.sent) {
      const auto* const reply = std::get_if<HintWriteReply>(&sent.message);
      if (reply != nullptr) return reply->outcome;
    }
    return ReplicaOutcome::Corrupt;
  };
  CHECK(outcome_at(five.holders[0]) == ReplicaOutcome::Done);
  CHECK(outcome_at(five.owners[0]) == ReplicaOutcome::Refused);
  write.slot = 3;
  CHECK(outcome_at(five.holders[0]) == ReplicaOutcome::Refused);
  write.slot = 0;
  write.envelope.row_version.value += 1;
  CHECK(outcome_at(five.holders[0]) == ReplicaOutcome::StaleRow);
  write.envelope.row_version.value -= 1;
  write.envelope.remaining = Duration::zero();
  CHECK(outcome_at(five.holders[0]) == ReplicaOutcome::Refused);
  write.envelope.remaining = std::chrono::seconds(1);
  write.address.key = "other";
  const bool elsewhere =
      ring->partition_of(ring->token_of("bucket", "other")) != write.envelope.partition;
  REQUIRE(elsewhere);
  CHECK(outcome_at(five.holders[0]) == ReplicaOutcome::Refused);
}

TEST_CASE("HandoffService: a holder that is full passes hints on to the target of a move") {
  MovingCluster moving;
  TestCluster& cluster = moving.cluster;
  cluster.restart_with({.hints_max = 2});
  moving.pass(std::chrono::seconds(2));
  cluster.stop(moving.source);
  const std::size_t asked = moving.source == 0 ? 1 : 0;
  for (std::size_t i = 0; i < 2; ++i) {
    ClientPut put = cluster.put_of(moving.keys[i], "while its owner is away");
    put.levels.w = Level::all();
    put.levels.sloppy = true;
    const PutReply reply = cluster.ask<PutReply>(asked, put);
    CHECK(reply.replies == ReplyCounts{.required = 3, .received = 3, .primaries = 2});
  }
  const auto hints = [&] {
    return std::ranges::count_if(cluster.engine(moving.sink).entries, [](const auto& entry) {
      return parse_hint_store_key(entry.first).ok();
    });
  };
  REQUIRE(hints() == 2);
  // The only stand-in becomes the target: what it brings home is still wanted at itself.
  moving.begin_move(asked);
  moving.pass_slowly(std::chrono::seconds(1));
  cluster.start(moving.source);
  cluster.connect_all();
  moving.pass_slowly(std::chrono::seconds(5));
  REQUIRE(moving.configuration(asked).rows[moving.partition.value].back().target ==
          cluster.id(moving.sink));
  CHECK(hints() == 0);
}

TEST_CASE("HandoffService: a read never counts what a stand-in lacks as absent") {
  Five five;
  CHECK(five.put(false, Level::all()) == StatusCode::Ok);
  five.cluster.stop(five.owners[1]);
  five.cluster.stop(five.owners[2]);
  const std::uint64_t number = five.cluster.request(five.holders[0], TestCluster::get_of("key"));
  five.cluster.settle();
  CHECK(std::get<ErrorReply>(five.cluster.replies.at(number)).status.code() ==
        StatusCode::Unavailable);
}

}  // namespace
}  // namespace starling
