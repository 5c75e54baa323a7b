#include "ring/slot.h"

#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"

namespace starling {
namespace {

const NodeId kHolder{1};
const NodeId kTarget{2};
const NodeId kStranger{3};

Slot slot_in(SlotState state) {
  const bool moving = state == SlotState::Copying || state == SlotState::Switched;
  return {.state = state, .holder = kHolder, .target = moving ? kTarget : NodeId{}};
}

std::vector<NodeId> writers_in(SlotState state) {
  const SlotNodes nodes = write_nodes(slot_in(state));
  return {nodes.begin(), nodes.end()};
}

bool is_written_by(SlotState state, const std::vector<NodeId>& stored) {
  return is_written(slot_in(state), stored);
}

TEST_CASE("Slot: the holder is read until the target took over") {
  CHECK(read_node(slot_in(SlotState::Settled)) == kHolder);
  CHECK(read_node(slot_in(SlotState::Copying)) == kHolder);
  CHECK(read_node(slot_in(SlotState::Switched)) == kTarget);
  CHECK(read_node(slot_in(SlotState::Joint)) == kHolder);
}

TEST_CASE("Slot: who may lack something is not read") {
  CHECK_FALSE(read_node(slot_in(SlotState::Vacant)).has_value());
  CHECK_FALSE(read_node(slot_in(SlotState::Extra)).has_value());
}

TEST_CASE("Slot: a move is written at both nodes, all else at one") {
  const std::vector<NodeId> both{kHolder, kTarget};
  CHECK(writers_in(SlotState::Copying) == both);
  CHECK(writers_in(SlotState::Switched) == both);
  CHECK(writers_in(SlotState::Settled) == std::vector<NodeId>{kHolder});
  CHECK(writers_in(SlotState::Vacant) == std::vector<NodeId>{kHolder});
  CHECK(writers_in(SlotState::Extra) == std::vector<NodeId>{kHolder});
}

TEST_CASE("Slot: a move counts when both nodes stored, and not before") {
  CHECK_FALSE(is_written_by(SlotState::Copying, {kHolder}));
  CHECK_FALSE(is_written_by(SlotState::Copying, {kTarget}));
  CHECK_FALSE(is_written_by(SlotState::Switched, {kTarget}));
  CHECK(is_written_by(SlotState::Copying, {kTarget, kHolder}));
  CHECK(is_written_by(SlotState::Switched, {kStranger, kHolder, kTarget}));
}

TEST_CASE("Slot: a vacant slot never counts, whoever stored") {
  CHECK_FALSE(is_written_by(SlotState::Vacant, {kHolder}));
  CHECK(is_written_by(SlotState::Settled, {kHolder}));
  CHECK_FALSE(is_written_by(SlotState::Settled, {kStranger}));
}

TEST_CASE("Slot: both nodes of a move are in the row") {
  const SlotRow row{slot_in(SlotState::Copying)};
  CHECK(is_in_row(row, kHolder));
  CHECK(is_in_row(row, kTarget));
  CHECK_FALSE(is_in_row(row, kStranger));
  CHECK_FALSE(is_in_row(SlotRow{slot_in(SlotState::Settled)}, NodeId{}));
}

TEST_CASE("Slot: who is being filled, in each state") {
  struct Case {
    SlotState state;
    bool read_before;
    bool holder;
    bool target;
  };
  const Case cases[] = {
      {SlotState::Settled, false, false, false}, {SlotState::Copying, false, false, true},
      {SlotState::Copying, true, false, false},  {SlotState::Switched, false, false, false},
      {SlotState::Vacant, false, true, false},   {SlotState::Extra, false, true, false},
      {SlotState::Extra, true, false, false},    {SlotState::Joint, false, false, false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.state);
    CAPTURE(one.read_before);
    const Slot slot{.state = one.state,
                    .read_before = one.read_before,
                    .holder = kHolder,
                    .target = kTarget,
                    .since = {}};
    CHECK(is_being_filled(slot, kHolder) == one.holder);
    CHECK(is_being_filled(slot, kTarget) == one.target);
  }
}

TEST_CASE("Slot: a row is settled when all its slots are") {
  SlotRow row(3);
  CHECK(is_settled(row));
  row[1].state = SlotState::Copying;
  CHECK_FALSE(is_settled(row));
}

}  // namespace
}  // namespace starling
