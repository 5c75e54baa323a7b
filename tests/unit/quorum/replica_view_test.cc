#include "quorum/replica_view.h"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/row_demand.h"
#include "ring/slot.h"
#include "support/quorum_script.h"

namespace starling {
namespace {

using testing::node;
using testing::view_with;

bool in_reach(const ReplicaView::Node& node) {
  return node.reachable;
}

RowCount row_count(std::uint32_t inner, std::uint32_t outer) {
  return {.inner = inner, .outer = outer};
}

std::vector<NodeId> readers_in(const ReplicaView& view) {
  std::vector<NodeId> ids;
  for (const ReplicaView::Node& one : view.readers()) ids.push_back(one.node);
  return ids;
}

TEST_CASE("ReplicaView: where all is settled each node is a slot, and is read") {
  const ReplicaView view = testing::view_of(3, {1});
  CHECK(view.is_read_at(node(1)));
  CHECK_FALSE(view.is_read_at(node(7)));
  CHECK(view.readers().size() == 3);
  CHECK(count_slots(view, in_reach) == row_count(2, 2));
  CHECK(count_slots(view, in_reach, 1) == row_count(3, 3));
  CHECK(count_slots(view, in_reach, 9) == row_count(3, 3));
}

TEST_CASE("ReplicaView: who is read, in each state") {
  CHECK(readers_in(view_with(SlotState::Copying)) ==
        std::vector<NodeId>{node(0), node(1), node(2)});
  CHECK(readers_in(view_with(SlotState::Switched)) ==
        std::vector<NodeId>{node(0), node(1), node(3)});
  CHECK(readers_in(view_with(SlotState::Joint)) == std::vector<NodeId>{node(0), node(1), node(2)});
  CHECK(readers_in(view_with(SlotState::Vacant)) == std::vector<NodeId>{node(0), node(1)});
  CHECK(readers_in(view_with(SlotState::Extra)) == std::vector<NodeId>{node(0), node(1)});
}

TEST_CASE("ReplicaView: a slot that moves takes both its nodes, and a vacant one never counts") {
  CHECK(count_slots(view_with(SlotState::Copying), in_reach) == row_count(3, 3));
  CHECK(count_slots(view_with(SlotState::Copying, {3}), in_reach) == row_count(2, 2));
  CHECK(count_slots(view_with(SlotState::Switched, {2}), in_reach) == row_count(2, 2));
  CHECK(count_slots(view_with(SlotState::Vacant), in_reach) == row_count(2, 2));
}

TEST_CASE("ReplicaView: a slot that comes or goes counts in the wider number alone") {
  CHECK(count_slots(view_with(SlotState::Extra), in_reach) == row_count(2, 3));
  CHECK(count_slots(view_with(SlotState::Joint, {0}), in_reach) == row_count(1, 2));
}

TEST_CASE("ReplicaView: stand-ins make up for single nodes first") {
  // Slot 0 lacks one node, the one that moves lacks two.
  const ReplicaView view = view_with(SlotState::Copying, {0, 2, 3});
  CHECK(count_slots(view, in_reach) == row_count(1, 1));
  CHECK(count_slots(view, in_reach, 1) == row_count(2, 2));
  CHECK(count_slots(view, in_reach, 2) == row_count(2, 2));
  CHECK(count_slots(view, in_reach, 3) == row_count(3, 3));
}

}  // namespace
}  // namespace starling
