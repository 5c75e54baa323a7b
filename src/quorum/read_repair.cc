#include "quorum/read_repair.h"

#include <cstdint>
#include <vector>

namespace starling {
namespace {

bool shows_the_merge(const SlotKnowledge& slot) {
  return slot.holding == Holding::Siblings || slot.holding == Holding::Everything;
}

}  // namespace

// A tombstone is pushed like any value, to a slot that never saw the key as well. Reaping, once it
// exists, must not meet a tombstone that such a push brings back: its fences see to that, because
// the push is stamped with the fence of the replica at which the tombstone was read.
ReadRepairPlan plan_read_repair(const std::vector<SlotKnowledge>& slots, std::uint32_t protecting) {
  ReadRepairPlan plan;
  std::uint32_t prospects = 0;  // holders, once every write arrives
  for (const SlotKnowledge& slot : slots) {
    const bool write = slot.writable && !slot.being_written;
    if (shows_the_merge(slot)) ++plan.holders;
    if (shows_the_merge(slot) || slot.being_written) ++prospects;
    if (slot.holding == Holding::Siblings && write) plan.older_clocks.push_back(slot.node);
    if (slot.holding == Holding::Lacks && write) plan.lacking.push_back(slot.node);
  }
  prospects += static_cast<std::uint32_t>(plan.lacking.size());
  for (const SlotKnowledge& slot : slots) {
    if (prospects >= protecting) break;
    if (slot.holding != Holding::Unknown || !slot.writable || slot.being_written) continue;
    plan.unknown.push_back(slot.node);
    ++prospects;
  }
  return plan;
}

}  // namespace starling
