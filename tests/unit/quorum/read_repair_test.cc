#include "quorum/read_repair.h"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/row_demand.h"
#include "support/quorum_script.h"

namespace starling {
namespace {

using testing::node;

using Nodes = std::vector<NodeId>;

SlotKnowledge knows(std::uint64_t slot, Holding holding) {
  return {.node = node(slot), .holding = holding, .writable = true};
}

// Of rows whose N stays.
RowCount both_counts(std::uint32_t slots) {
  return {.inner = slots, .outer = slots};
}

TEST_CASE("ReadRepairPlan: slots that show the merge protect, whatever their clock") {
  const ReadRepairPlan plan = plan_read_repair(
      {knows(0, Holding::Everything), knows(1, Holding::Siblings)}, both_counts(2));
  CHECK(plan.protects(both_counts(2)));
  CHECK(plan.lacking.empty());
  CHECK(plan.older_clocks == Nodes{node(1)});
}

TEST_CASE("ReadRepairPlan: who answered and differs is written, and others only as needed") {
  const std::vector<SlotKnowledge> slots{knows(0, Holding::Lacks), knows(1, Holding::Unknown),
                                         knows(2, Holding::Unknown), knows(3, Holding::Unknown)};
  CHECK(plan_read_repair(slots, both_counts(1)).lacking == Nodes{node(0)});
  CHECK(plan_read_repair(slots, both_counts(1)).unknown.empty());
  CHECK(plan_read_repair(slots, both_counts(3)).unknown == Nodes{node(1), node(2)});
  CHECK_FALSE(plan_read_repair(slots, both_counts(1)).protects(both_counts(1)));
}

TEST_CASE("ReadRepairPlan: a write on its way is a prospect, and is not sent twice") {
  std::vector<SlotKnowledge> slots{knows(0, Holding::Lacks), knows(1, Holding::Unknown),
                                   knows(2, Holding::Unknown)};
  slots[0].being_written = true;
  slots[1].being_written = true;
  const ReadRepairPlan plan = plan_read_repair(slots, both_counts(2));
  CHECK(plan.holders == both_counts(0));
  CHECK(plan.lacking.empty());
  CHECK(plan.unknown.empty());
}

TEST_CASE("ReadRepairPlan: nobody is written who can not be reached or refused before") {
  std::vector<SlotKnowledge> slots{knows(0, Holding::Lacks), knows(1, Holding::Unknown),
                                   knows(2, Holding::Siblings)};
  for (SlotKnowledge& slot : slots) slot.writable = false;
  const ReadRepairPlan plan = plan_read_repair(slots, both_counts(3));
  CHECK(plan.holders == both_counts(1));
  CHECK(plan.lacking.empty());
  CHECK(plan.unknown.empty());
  CHECK(plan.older_clocks.empty());
}

TEST_CASE("ReadRepairPlan: while N changes, enough slots of both numbers are needed") {
  std::vector<SlotKnowledge> slots{knows(0, Holding::Everything), knows(1, Holding::Unknown),
                                   knows(2, Holding::Unknown)};
  slots[2].is_inner = false;  // the one that comes
  SUBCASE("the slot that comes helps the wider number alone") {
    const ReadRepairPlan plan = plan_read_repair(slots, {.inner = 1, .outer = 2});
    CHECK(plan.holders == both_counts(1));
    CHECK_FALSE(plan.protects({.inner = 1, .outer = 2}));
    CHECK(plan.unknown == Nodes{node(1)});
  }
  SUBCASE("what only the slot that comes holds, does not meet the narrower one") {
    slots[0].holding = Holding::Unknown;
    slots[2].holding = Holding::Everything;
    const ReadRepairPlan plan = plan_read_repair(slots, {.inner = 1, .outer = 1});
    CHECK(plan.holders == RowCount{.inner = 0, .outer = 1});
    CHECK(plan.unknown == Nodes{node(0)});
  }
  SUBCASE("it is not written for the narrower one's sake") {
    slots[1].may_hold = false;
    CHECK(plan_read_repair(slots, {.inner = 2, .outer = 1}).unknown.empty());
  }
}

TEST_CASE("ReadRepairPlan: a slot of which one node can not be written is mended, and no hope") {
  std::vector<SlotKnowledge> slots{knows(0, Holding::Lacks), knows(1, Holding::Unknown),
                                   knows(2, Holding::Unknown)};
  slots[0].may_hold = false;
  slots[1].may_hold = false;
  const ReadRepairPlan plan = plan_read_repair(slots, both_counts(1));
  CHECK(plan.lacking == Nodes{node(0)});
  CHECK(plan.unknown == Nodes{node(2)});
}

TEST_CASE("ReadRepairPlan: of those that may be written, who is known to answer comes first") {
  const std::vector<SlotKnowledge> slots{knows(0, Holding::Unknown), knows(1, Holding::OneNode),
                                         knows(2, Holding::Everything)};
  const ReadRepairPlan plan = plan_read_repair(slots, both_counts(2));
  CHECK(plan.holders == both_counts(1));
  CHECK(plan.unknown == Nodes{node(1)});
  CHECK(plan_read_repair(slots, both_counts(3)).unknown == Nodes{node(1), node(0)});
}

// What each slot is known to hold, as the digits of a number in base 4.
std::vector<SlotKnowledge> nth_knowledge(std::uint32_t n, std::uint32_t number) {
  std::vector<SlotKnowledge> slots;
  for (std::uint32_t i = 0; i < n; ++i, number /= 4) {
    slots.push_back(knows(i, static_cast<Holding>(number % 4)));
  }
  return slots;
}

TEST_CASE("ReadRepairPlan: if every planned write arrives, N-R+1 slots show the merge") {
  for (std::uint32_t n = 1; n <= 5; ++n) {
    for (std::uint32_t number = 0; number < (1U << (2 * n)); ++number) {
      for (std::uint32_t r = 1; r <= n; ++r) {
        const ReadRepairPlan plan =
            plan_read_repair(nth_knowledge(n, number), both_counts(n - r + 1));
        const std::size_t hoped = plan.holders.outer + plan.lacking.size() + plan.unknown.size();
        REQUIRE(hoped >= n - r + 1);
      }
    }
  }
}

}  // namespace
}  // namespace starling
