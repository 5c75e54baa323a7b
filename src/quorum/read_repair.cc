#include "quorum/read_repair.h"

#include <vector>

#include "ring/row_demand.h"

namespace starling {
namespace {

bool shows_the_merge(const SlotKnowledge& slot) {
  return slot.holding == Holding::Siblings || slot.holding == Holding::Everything;
}

void count(RowCount& slots, const SlotKnowledge& slot) {
  ++slots.outer;
  slots.inner += slot.is_inner ? 1 : 0;
}

// Those of which nothing is known that would do, as many as are needed.
void write_unknown(const std::vector<SlotKnowledge>& slots, Holding holding, RowCount protecting,
                   RowCount& prospects, ReadRepairPlan& plan) {
  for (const SlotKnowledge& slot : slots) {
    if (meets(prospects, protecting)) return;
    const bool can_hold = slot.writable && slot.may_hold && !slot.being_written;
    const bool is_of_use = slot.is_inner || prospects.outer < protecting.outer;
    if (slot.holding != holding || !can_hold || !is_of_use) continue;
    plan.unknown.push_back(slot.node);
    count(prospects, slot);
  }
}

}  // namespace

// A tombstone is pushed like any value, to a slot that never saw the key as well. Reaping, once it
// exists, must not meet a tombstone that such a push brings back: its fences see to that, because
// the push is stamped with the fence of the replica at which the tombstone was read.
ReadRepairPlan plan_read_repair(const std::vector<SlotKnowledge>& slots, RowCount protecting) {
  ReadRepairPlan plan;
  RowCount prospects;  // holders, once every write arrives
  for (const SlotKnowledge& slot : slots) {
    const bool write = slot.writable && !slot.being_written;
    if (shows_the_merge(slot)) count(plan.holders, slot);
    const bool lacks = slot.holding == Holding::Lacks && write;
    const bool will_hold = slot.may_hold && (slot.being_written || lacks);
    if (shows_the_merge(slot) || will_hold) count(prospects, slot);
    if (slot.holding == Holding::Siblings && write) plan.older_clocks.push_back(slot.node);
    if (lacks) plan.lacking.push_back(slot.node);
  }
  for (const Holding holding : {Holding::OneNode, Holding::Unknown}) {
    write_unknown(slots, holding, protecting, prospects, plan);
  }
  return plan;
}

}  // namespace starling
