// Requests while the owners of a key's partition change, through whole nodes: five members, one of
// which comes to a slot that a second leaves. What fills it is not part of this: the facts by which
// a target takes over are stated here, and true since all that there is was written at both.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/ids.h"
#include "handoff/hint.h"
#include "message/client_messages.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

const std::string kMovedKey = "key";

struct MovingSlot {
  MovingSlot() : cluster(5) {
    cluster.connect_all();
    owners = cluster.owners_of(kMovedKey);
    newcomer = cluster.stranger_to(kMovedKey);
    asked = owners[0];
    const auto ring = first_ring(cluster.config());
    partition = ring->partition_of(ring->token_of("bucket", kMovedKey));
  }

  [[nodiscard]] const Configuration& configuration() {
    return *cluster.node(asked).configuration();
  }
  [[nodiscard]] SlotRow row() { return configuration().rows[partition.value]; }

  // Takes the step at all nodes. Every fact that could be asked for is stated.
  bool take(SlotStep step, std::size_t slot = 1, NodeId who = {}) {
    const Configuration before = configuration();
    Configuration after = successor_of(before);
    take_step(after, partition, {.step = step, .slot = slot, .newcomer = who});
    ProposalEvidence evidence;
    for (const ConfigMember& member : before.members) {
      evidence.adoptions.push_back(
          {.store = member.store, .adoption = {.node = member.member.id, .epoch = before.epoch}});
      for (const ConfigMember& source : before.members) {
        if (source.member.id == member.member.id) continue;
        evidence.fillings.push_back(
            {.partition = partition,
             .sink_store = member.store,
             .source_store = source.store,
             .filling = {
                 .sink = member.member.id, .source = source.member.id, .epoch = before.epoch}});
      }
    }
    const Status begun = cluster.node(asked).propose(after, evidence);
    CAPTURE(begun.message());
    CHECK(begun.ok());
    cluster.settle();
    return configuration().epoch == after.epoch;
  }
  bool start_move() { return take(SlotStep::StartMove, 1, cluster.id(newcomer)); }

  StatusCode put(std::size_t at, Level w = Level::quorum()) {
    ClientPut put = cluster.put_of(kMovedKey, "value " + std::to_string(++puts));
    put.levels.w = w;
    const std::uint64_t number = cluster.request(at, put);
    cluster.settle();
    const ClientReply& reply = cluster.replies.at(number);
    const auto* const error = std::get_if<ErrorReply>(&reply);
    return error == nullptr ? StatusCode::Ok : error->status.code();
  }
  std::size_t values(std::size_t at, Level r = Level::quorum()) {
    ClientGet get = TestCluster::get_of(kMovedKey);
    get.levels.r = r;
    const std::uint64_t number = cluster.request(at, get);
    cluster.settle();
    const auto* const reply = std::get_if<GetReply>(&cluster.replies.at(number));
    return reply == nullptr ? 0 : reply->siblings.size();
  }
  bool has_record(std::size_t node) {
    return std::ranges::any_of(cluster.engine(node).entries, [](const auto& entry) {
      return !parse_hint_store_key(entry.first).ok() && entry.first.ends_with(kMovedKey);
    });
  }
  std::size_t hints() {
    std::size_t all = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      all += static_cast<std::size_t>(std::ranges::count_if(
          cluster.engine(i).entries,
          [](const auto& entry) { return parse_hint_store_key(entry.first).ok(); }));
    }
    return all;
  }
  void back(std::size_t node) {
    cluster.start(node);
    cluster.connect_all();
  }

  TestCluster cluster;
  std::vector<std::size_t> owners;
  std::size_t newcomer = 0;
  std::size_t asked = 0;  // whose word on the configuration is taken
  PartitionId partition;
  int puts = 0;
};

TEST_CASE("Slot states: a move that began is written at both, and the old holder is read") {
  MovingSlot moving;
  REQUIRE(moving.start_move());
  CHECK(moving.put(moving.owners[0]) == StatusCode::Ok);
  CHECK(moving.has_record(moving.owners[1]));
  CHECK(moving.has_record(moving.newcomer));
  CHECK(moving.values(moving.owners[2]) == 1);
}

TEST_CASE("Slot states: without its target a move costs one slot, and W of all is out of reach") {
  MovingSlot moving;
  REQUIRE(moving.start_move());
  moving.cluster.stop(moving.newcomer);
  CHECK(moving.put(moving.owners[0]) == StatusCode::Ok);
  CHECK(moving.put(moving.owners[0], Level::all()) == StatusCode::Unavailable);
  CHECK(moving.values(moving.owners[0], Level::all()) == 1);
  moving.cluster.stop(moving.owners[2]);
  CHECK(moving.put(moving.owners[0]) == StatusCode::Unavailable);
}

TEST_CASE("Slot states: a target mints nothing before it took over, and its holder nothing after") {
  MovingSlot moving;
  REQUIRE(moving.start_move());
  CHECK(moving.put(moving.newcomer) == StatusCode::Ok);  // forwarded
  CHECK(moving.values(moving.newcomer) == 1);
  REQUIRE(moving.take(SlotStep::Switch));
  CHECK(moving.row()[1].state == SlotState::Switched);
  CHECK(moving.put(moving.newcomer) == StatusCode::Ok);
  CHECK(moving.put(moving.owners[1]) == StatusCode::Ok);
  CHECK(moving.values(moving.owners[1]) == 3);
  CHECK(moving.values(moving.newcomer, Level::all()) == 3);
}

TEST_CASE("Slot states: after the switch the target's word counts, and the holder's does not") {
  MovingSlot moving;
  REQUIRE(moving.start_move());
  CHECK(moving.put(moving.owners[0]) == StatusCode::Ok);
  REQUIRE(moving.take(SlotStep::Switch));
  moving.cluster.stop(moving.owners[2]);
  moving.cluster.stop(moving.owners[0]);
  moving.asked = moving.newcomer;
  // Of three slots one can be read: holder and target of it are no two.
  CHECK(moving.values(moving.newcomer, Level::one()) == 1);
  CHECK(moving.values(moving.newcomer, Level::two()) == 0);
  CHECK(moving.put(moving.newcomer) == StatusCode::Unavailable);
}

TEST_CASE("Slot states: when the move has ended the old holder stores nothing more") {
  MovingSlot moving;
  REQUIRE(moving.start_move());
  REQUIRE(moving.take(SlotStep::Switch));
  REQUIRE(moving.take(SlotStep::FinishMove));
  CHECK(is_settled(moving.row()));
  CHECK(moving.put(moving.owners[1], Level::all()) == StatusCode::Ok);
  CHECK_FALSE(moving.has_record(moving.owners[1]));
  CHECK(moving.has_record(moving.newcomer));
  CHECK(moving.values(moving.owners[1], Level::all()) == 1);
}

TEST_CASE("Slot states: what the holder of a move missed comes to its target as well") {
  MovingSlot moving;
  moving.cluster.stop(moving.owners[1]);
  CHECK(moving.put(moving.owners[0]) == StatusCode::Ok);
  CHECK(moving.hints() == 1);
  REQUIRE(moving.start_move());
  CHECK_FALSE(moving.has_record(moving.newcomer));
  moving.back(moving.owners[1]);
  CHECK(moving.has_record(moving.owners[1]));
  CHECK(moving.has_record(moving.newcomer));
  CHECK(moving.hints() == 0);
}

TEST_CASE("Slot states: what a holder missed comes to who has its slot by then") {
  MovingSlot moving;
  REQUIRE(moving.start_move());
  moving.cluster.stop(moving.newcomer);
  CHECK(moving.put(moving.owners[0]) == StatusCode::Ok);
  CHECK(moving.hints() == 1);
  REQUIRE(moving.take(SlotStep::AbortMove));
  moving.cluster.clock.advance(std::chrono::seconds(3));
  moving.cluster.settle();
  CHECK(moving.hints() == 0);
}

TEST_CASE("Slot states: a vacant slot stores, answers nothing, and counts for nothing") {
  MovingSlot moving;
  REQUIRE(moving.take(SlotStep::Vacate, 1, moving.cluster.id(moving.newcomer)));
  CHECK(moving.put(moving.newcomer) == StatusCode::Ok);  // forwarded
  CHECK(moving.has_record(moving.newcomer));
  CHECK(moving.put(moving.owners[0], Level::all()) == StatusCode::Unavailable);
  CHECK(moving.values(moving.owners[0]) == 1);
  CHECK(moving.values(moving.owners[0], Level::all()) == 0);
  moving.cluster.stop(moving.owners[2]);
  CHECK(moving.put(moving.owners[0]) == StatusCode::Unavailable);
  CHECK(moving.values(moving.owners[0]) == 0);
}

TEST_CASE("Slot states: a slot that comes is written, then read, then counted alone") {
  MovingSlot moving;
  CHECK(moving.put(moving.owners[0]) == StatusCode::Ok);
  REQUIRE(moving.take(SlotStep::StartGrow, 3, moving.cluster.id(moving.newcomer)));
  CHECK(moving.put(moving.newcomer) == StatusCode::Ok);  // forwarded
  CHECK(moving.has_record(moving.newcomer));
  // Four slots store, and a majority of them is three; all of those read are three.
  moving.cluster.stop(moving.owners[2]);
  CHECK(moving.put(moving.owners[0]) == StatusCode::Ok);
  moving.cluster.stop(moving.newcomer);
  CHECK(moving.put(moving.owners[0]) == StatusCode::Unavailable);
  moving.back(moving.owners[2]);
  CHECK(moving.put(moving.owners[0]) == StatusCode::Ok);
  CHECK(moving.values(moving.owners[0], Level::all()) == 4);
  moving.back(moving.newcomer);
  REQUIRE(moving.take(SlotStep::Admit, 3));
  CHECK(moving.row()[3].state == SlotState::Joint);
  CHECK(moving.values(moving.newcomer, Level::count(4)) == 4);
  REQUIRE(moving.take(SlotStep::CountIn, 3));
  CHECK(moving.put(moving.newcomer, Level::count(4)) == StatusCode::Ok);
}

}  // namespace
}  // namespace starling
