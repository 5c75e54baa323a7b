#pragma once

// ReadRepairPlan: who must be written after a read, as a value: what each slot is known to hold
// goes in, the slots to write come out (read repair: Dynamo, section 5). It sends nothing itself,
// so that every combination of slots can be enumerated in a test.

#include <cstdint>
#include <vector>

#include "base/ids.h"

namespace starling {

// What one slot holds of the record that the read merged.
enum class Holding : std::uint8_t {
  Unknown,     // no answer yet, or one that could not be merged yet: it may hold more or less
  Lacks,       // its record went into the merge and shows other siblings than the merge
  Siblings,    // the same siblings, tombstones included, under an older clock
  Everything,  // the merge, or more
};

struct SlotKnowledge {
  NodeId node;
  Holding holding = Holding::Unknown;
  bool writable = false;       // can be reached, and did not refuse this record before
  bool being_written = false;  // the merge is on its way there
};

struct ReadRepairPlan {
  // Slots that show what the read shows: a later read that meets one of them sees no less.
  std::uint32_t holders = 0;
  // The next three are disjoint, and nobody in them is being written.
  std::vector<NodeId> lacking;
  std::vector<NodeId> unknown;  // as many as protection needs beyond those
  std::vector<NodeId> older_clocks;

  [[nodiscard]] bool protects(std::uint32_t slots) const { return holders >= slots; }
};

// `protecting`: ReadQuorum::slots_that_protect.
[[nodiscard]] ReadRepairPlan plan_read_repair(const std::vector<SlotKnowledge>& slots,
                                              std::uint32_t protecting);

}  // namespace starling
