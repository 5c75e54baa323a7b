#pragma once

// ReadRepairPlan: who must be written after a read, as a value: what each slot is known to hold
// goes in, the slots to write come out (read repair: Dynamo, section 5). It sends nothing itself,
// so that every combination of slots can be enumerated in a test.

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "ring/row_demand.h"

namespace starling {

// What one slot holds of the record that the read merged. Behind a slot that moves are two nodes,
// and it holds what both do: it may be read at either by the next version of the row.
enum class Holding : std::uint8_t {
  Unknown,     // no answer yet, or one that could not be merged yet: it may hold more or less
  Lacks,       // its record went into the merge and shows other siblings than the merge
  Siblings,    // the same siblings, tombstones included, under an older clock
  Everything,  // the merge, or more
  OneNode,     // of a slot that moves, the node that is read shows the merge; of the other, who
               // knows
};

struct SlotKnowledge {
  NodeId node;  // that names the slot: at which it is read, if it is
  Holding holding = Holding::Unknown;
  bool writable = false;       // can be reached, and did not refuse this record before
  bool being_written = false;  // the merge is on its way there
  bool may_hold = true;        // all its nodes can be written, not only the one that is read
  bool is_inner = true;        // counts in both of the numbers while N changes
};

struct ReadRepairPlan {
  // Slots that show what the read shows: a later read that meets one of them sees no less.
  RowCount holders;
  // The next three are disjoint, and nobody in them is being written.
  std::vector<NodeId> lacking;
  std::vector<NodeId> unknown;  // as many as protection needs beyond those, OneNode first: these
                                // are known to answer
  std::vector<NodeId> older_clocks;

  [[nodiscard]] bool protects(RowCount slots) const { return meets(holders, slots); }
};

// `protecting`: ReadQuorum::slots_that_protect.
[[nodiscard]] ReadRepairPlan plan_read_repair(const std::vector<SlotKnowledge>& slots,
                                              RowCount protecting);

}  // namespace starling
