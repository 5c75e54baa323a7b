#include "ring/row_demand.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/slot.h"

namespace starling {
namespace {

// `settled` slots of nodes 1, 2, ..., and one behind them in another state.
SlotRow row_of(std::size_t settled, SlotState last) {
  SlotRow row;
  for (std::size_t i = 1; i <= settled; ++i) row.push_back({.holder = NodeId{i}});
  row.push_back({.state = last, .holder = NodeId{settled + 1}, .target = NodeId{settled + 2}});
  return row;
}

RowCount majorities(const SlotRow& row) {
  const RowCount slots = slots_for_writes(row);
  return {.inner = majority_of(slots.inner), .outer = majority_of(slots.outer)};
}

TEST_CASE("RowDemand: while N stays there is one N") {
  for (const SlotState state :
       {SlotState::Settled, SlotState::Copying, SlotState::Switched, SlotState::Vacant}) {
    const SlotRow row = row_of(2, state);
    CHECK(slots_for_writes(row) == RowCount{.inner = 3, .outer = 3});
    CHECK(slots_for_reads(row) == 3);
  }
}

TEST_CASE("RowDemand: an extra slot is written but not read, a joint one both") {
  CHECK(slots_for_writes(row_of(2, SlotState::Extra)) == RowCount{.inner = 2, .outer = 3});
  CHECK(slots_for_reads(row_of(2, SlotState::Extra)) == 2);
  CHECK(slots_for_writes(row_of(2, SlotState::Joint)) == RowCount{.inner = 2, .outer = 3});
  CHECK(slots_for_reads(row_of(2, SlotState::Joint)) == 3);
}

TEST_CASE("RowDemand: a lone node's newcomer has to store with it") {
  const SlotRow row = row_of(1, SlotState::Extra);
  const std::vector<NodeId> first{NodeId{1}};
  const std::vector<NodeId> newcomer{NodeId{2}};
  const std::vector<NodeId> both{NodeId{1}, NodeId{2}};
  CHECK_FALSE(meets(written_slots(row, first), majorities(row)));
  CHECK_FALSE(meets(written_slots(row, newcomer), majorities(row)));
  CHECK(meets(written_slots(row, both), majorities(row)));
}

TEST_CASE("RowDemand: a newcomer does not stand in for the slots that are there") {
  const SlotRow row = row_of(3, SlotState::Joint);
  const std::vector<NodeId> two_and_newcomer{NodeId{1}, NodeId{2}, NodeId{4}};
  const std::vector<NodeId> one_and_newcomer{NodeId{1}, NodeId{4}};
  CHECK(written_slots(row, two_and_newcomer) == RowCount{.inner = 2, .outer = 3});
  CHECK(meets(written_slots(row, two_and_newcomer), majorities(row)));
  CHECK_FALSE(meets(written_slots(row, one_and_newcomer), majorities(row)));
}

TEST_CASE("RowDemand: a vacant slot counts in N and in no write") {
  const SlotRow row = row_of(2, SlotState::Vacant);
  const std::vector<NodeId> one_and_vacant{NodeId{1}, NodeId{3}};
  CHECK(written_slots(row, one_and_vacant) == RowCount{.inner = 1, .outer = 1});
}

TEST_CASE("RowDemand: a majority is more than half") {
  CHECK(majority_of(1) == 1);
  CHECK(majority_of(2) == 2);
  CHECK(majority_of(3) == 2);
  CHECK(majority_of(4) == 3);
  CHECK(majority_of(5) == 3);
}

}  // namespace
}  // namespace starling
