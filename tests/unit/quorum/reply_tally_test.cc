#include "quorum/reply_tally.h"

#include <cstdint>
#include <optional>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/slot.h"
#include "support/quorum_script.h"

namespace starling {
namespace {

using testing::node;

ReplyTally tally_of(std::uint32_t slots, std::uint32_t required, std::uint32_t synced = 0) {
  ReplyTally tally({.required = required, .synced = synced});
  for (std::uint64_t i = 0; i < slots; ++i) tally.expect(node(i));
  return tally;
}

TEST_CASE("ReplyTally: reached by enough acknowledgements, and by each node once") {
  ReplyTally tally = tally_of(3, 2);
  tally.acknowledge(node(0), true);
  tally.acknowledge(node(0), true);
  CHECK(tally.verdict() == Verdict::Pending);
  CHECK(tally.describe() == "1 of 2 replicas answered");
  tally.acknowledge(node(2), false);
  CHECK(tally.verdict() == Verdict::Reached);
  CHECK(tally.acknowledged() == 2);
  CHECK_FALSE(tally.all_answered());
}

TEST_CASE("ReplyTally: unreachable as soon as too few are left") {
  ReplyTally tally = tally_of(3, 2);
  tally.fail(node(0));
  CHECK(tally.verdict() == Verdict::Pending);
  tally.fail(node(1));
  CHECK(tally.verdict() == Verdict::Unreachable);
}

TEST_CASE("ReplyTally: the first answer of a node stands") {
  ReplyTally tally = tally_of(2, 2);
  tally.fail(node(0));
  tally.acknowledge(node(0), true);
  CHECK(tally.acknowledged() == 0);
  tally.acknowledge(node(1), true);
  tally.fail(node(1));
  CHECK(tally.acknowledged() == 1);
  CHECK(tally.all_answered());
}

TEST_CASE("ReplyTally: who was not asked does not count") {
  ReplyTally tally = tally_of(2, 1);
  CHECK_FALSE(tally.awaits(node(7)));
  tally.acknowledge(node(7), true);
  CHECK(tally.verdict() == Verdict::Pending);
  tally.expect(node(0));
  tally.fail(node(0));
  tally.fail(node(1));
  CHECK(tally.verdict() == Verdict::Unreachable);
}

TEST_CASE("ReplyTally: synced copies are counted on their own") {
  ReplyTally tally = tally_of(3, 2, 2);
  tally.acknowledge(node(0), true);
  tally.acknowledge(node(1), false);
  CHECK(tally.verdict() == Verdict::Pending);
  SUBCASE("the last one is synced") {
    tally.acknowledge(node(2), true);
    CHECK(tally.verdict() == Verdict::Reached);
  }
  SUBCASE("the last one is not") {
    tally.acknowledge(node(2), false);
    CHECK(tally.verdict() == Verdict::Unreachable);
  }
}

TEST_CASE("ReplyTally: a restart forgets every answer, not the demand") {
  ReplyTally tally = tally_of(2, 1);
  tally.acknowledge(node(0), true);
  tally.restart();
  CHECK(tally.acknowledged() == 0);
  CHECK(tally.required() == 1);
  tally.expect(node(0));
  CHECK(tally.awaits(node(0)));
}

TEST_CASE("ReplyTally: an entrusted home's answer counts, but not as a primary's") {
  ReplyTally tally({.required = 2, .primaries = 2});
  for (const std::uint64_t node : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}}) {
    tally.expect(NodeId{node});
  }
  tally.entrust(NodeId{3});
  tally.acknowledge(NodeId{1}, true);
  tally.acknowledge(NodeId{3}, true);
  CHECK(tally.acknowledged() == 2);
  CHECK(tally.primaries() == 1);
  CHECK(tally.verdict() == Verdict::Pending);
  SUBCASE("the second primary makes it") {
    tally.acknowledge(NodeId{2}, false);
    CHECK(tally.verdict() == Verdict::Reached);
  }
  SUBCASE("no stand-in makes up for it") {
    tally.entrust(NodeId{2});
    CHECK(tally.verdict() == Verdict::Unreachable);
  }
}

// -- rows whose owners change; node 3 is the target of the move, or the node of the slot that comes

Slot tally_slot(std::uint64_t holder, SlotState state = SlotState::Settled) {
  Slot slot{.state = state, .holder = node(holder), .target = {}, .since = Epoch{1}};
  if (is_moving(slot)) slot.target = node(3);
  return slot;
}

TEST_CASE("ReplyTally: a slot that moves counts when both its nodes stored, in either state") {
  for (const SlotState state : {SlotState::Copying, SlotState::Switched}) {
    CAPTURE(state);
    ReplyTally tally({.required = 2});
    tally.expect({tally_slot(0), tally_slot(1), tally_slot(2, state)});
    tally.acknowledge(node(0), true);
    tally.acknowledge(node(2), true);
    CHECK(tally.acknowledged() == 1);
    CHECK(tally.verdict() == Verdict::Pending);
    tally.acknowledge(node(3), true);
    CHECK(tally.acknowledged() == 2);
    CHECK(tally.verdict() == Verdict::Reached);
    CHECK_FALSE(tally.all_answered());
  }
}

TEST_CASE("ReplyTally: a slot that moves failed when one of its nodes did") {
  ReplyTally tally({.required = 3});
  tally.expect({tally_slot(0), tally_slot(1), tally_slot(2, SlotState::Copying)});
  tally.fail(node(3));
  CHECK(tally.verdict() == Verdict::Unreachable);
  CHECK(tally.awaits(node(2)));
}

TEST_CASE("ReplyTally: of a slot that moves, both copies must be synced, and both be its own") {
  ReplyTally synced({.required = 1, .synced = 1});
  synced.expect({tally_slot(2, SlotState::Copying)});
  synced.acknowledge(node(2), true);
  synced.acknowledge(node(3), false);
  CHECK(synced.verdict() == Verdict::Unreachable);
  ReplyTally own({.required = 1, .primaries = 1});
  own.expect({tally_slot(2, SlotState::Switched)});
  own.entrust(node(3));
  CHECK(own.verdict() == Verdict::Unreachable);
}

TEST_CASE("ReplyTally: with the planted mistake, one of the two is enough") {
  ReplyTally tally({.required = 2});
  tally.count_one_of_two();
  tally.expect({tally_slot(0), tally_slot(1), tally_slot(2, SlotState::Copying)});
  tally.acknowledge(node(0), true);
  tally.acknowledge(node(3), true);
  CHECK(tally.verdict() == Verdict::Reached);
}

TEST_CASE("ReplyTally: a vacant slot never counts, and is waited for") {
  ReplyTally tally({.required = 2});
  tally.expect({tally_slot(0), tally_slot(1), tally_slot(2, SlotState::Vacant)});
  tally.acknowledge(node(0), true);
  tally.acknowledge(node(2), true);
  CHECK(tally.acknowledged() == 1);
  CHECK(tally.verdict() == Verdict::Pending);
  tally.fail(node(1));
  CHECK(tally.verdict() == Verdict::Unreachable);
  CHECK(tally.all_answered());
}

TEST_CASE("ReplyTally: while N changes, both demands must be met") {
  for (const SlotState state : {SlotState::Extra, SlotState::Joint}) {
    CAPTURE(state);
    // Majorities of 2 and of 3.
    ReplyTally tally({.required = 2}, ReplyTally::Demand{.required = 2});
    tally.expect({tally_slot(0), tally_slot(1), tally_slot(3, state)});
    tally.acknowledge(node(0), true);
    tally.acknowledge(node(3), true);
    CHECK(tally.acknowledged() == 2);
    CHECK(tally.verdict() == Verdict::Pending);
    CHECK(tally.describe() == "1 of 2 replicas answered");
    SUBCASE("the narrower is met") {
      tally.acknowledge(node(1), false);
      CHECK(tally.verdict() == Verdict::Reached);
    }
    SUBCASE("the narrower is out of reach") {
      tally.fail(node(1));
      CHECK(tally.verdict() == Verdict::Unreachable);
    }
  }
}

TEST_CASE("ReplyTally: while N changes from one to two, one copy is not enough for the wider") {
  ReplyTally tally({.required = 2}, ReplyTally::Demand{.required = 1});
  tally.expect({tally_slot(0), tally_slot(3, SlotState::Extra)});
  tally.acknowledge(node(0), true);
  CHECK(tally.verdict() == Verdict::Pending);
  CHECK(tally.describe() == "1 of 2 replicas answered");
  tally.fail(node(3));
  CHECK(tally.verdict() == Verdict::Unreachable);
}

TEST_CASE("ReplyTally: a newer row begins at zero, with its own demands") {
  ReplyTally tally({.required = 2}, ReplyTally::Demand{.required = 2});
  tally.expect({tally_slot(0), tally_slot(1), tally_slot(3, SlotState::Extra)});
  tally.acknowledge(node(0), true);
  tally.acknowledge(node(1), true);
  tally.restart({.required = 1}, std::nullopt);
  tally.expect({tally_slot(0)});
  CHECK(tally.verdict() == Verdict::Pending);
  tally.acknowledge(node(0), true);
  CHECK(tally.verdict() == Verdict::Reached);
}

}  // namespace
}  // namespace starling
