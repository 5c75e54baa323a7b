#pragma once

// FillNeed: what a node has to fill, i.e. to read in whole from another node of the same row,
// before a slot may take its next step. A pure function of the configuration: which facts a guard
// of ring/slot_step.h will ask for. Who needs more than one source reads each of them by itself.

#include <compare>
#include <vector>

#include "base/ids.h"
#include "ring/configuration.h"

namespace starling {

struct FillNeed {
  PartitionId partition;
  NodeId source;
  // All that the source held at a moment after it had adopted this.
  Epoch epoch;
  friend auto operator<=>(const FillNeed&, const FillNeed&) = default;
};

// Ascending. Sources that are no members, or whose disks are given up, are left out: nothing comes
// from there.
//
//   Slot       Sink                Source          For
//   Copying    its target          its holder      Switch
//   Vacant     its holder          all other read  Fill
//   Vacant     all others          each other      DropVacant, where the row is to be shorter
//   Extra      its holder          all other read  Admit
//   Joint      all others          its holder      Withdraw, where the holder is to go
[[nodiscard]] std::vector<FillNeed> fills_needed(const Configuration& configuration, NodeId sink);

}  // namespace starling
