#pragma once

// SlotScheme: one bounded world for the search over the slot rules (slot_model.h), and the rule
// that is broken in it, if any. Nodes are numbered: first the holders of the first row, then those
// who may come.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "ring/slot_step.h"

namespace starling {

using NodeIndex = std::size_t;

// W and R as functions of N. Kept: what a read protected, N - R + 1 copies, against R.
enum class SlotLevel : std::uint8_t { Quorum, WriteAll, ReadAll, Kept };

// Each takes one condition away, by showing the guards a fact that is not one, or by another
// reading of the row; the guards themselves stay the product's.
enum class BadRule : std::uint8_t {
  None,
  AnyVersion,          // replicas do not compare row versions
  EitherCounts,        // a moving slot counts when one of its two nodes stored
  NoDualWrite,         // a moving slot is written at its reader alone
  NoSwitch,            // D1 -> S(y) directly
  EarlySnapshot,       // what x held before it adopted D1 is enough for y
  FinishUnretired,     // S(y) before x adopted D2
  AbortUnretired,      // D1 -> S(x) before y adopted it, though y was read
  FenceByOne,          // one other slot is enough of a fence
  FenceByReaders,      // a moving slot fences when its reader alone does
  OneSource,           // V is filled from one other slot
  SourcesByFence,      // ... from N - R + 1, which is enough where N is odd
  SourceNotReader,     // ... from what a node held before it was read for its slot
  SourcesNotAdopted,   // V is filled from what others held before they adopted it
  VacantCounts,        // the acknowledgement of a vacant slot counts
  RebuildInPlace,      // a lost disk is filled again under the same row version
  GrowUncounted,       // a slot that comes is filled like V, and counts for nothing until then
  GrowUnread,          // ... is asked for with every write, but counted in without being read first
  AdmitFromOne,        // ... is filled from one other slot
  AdmitUnadopted,      // ... from what others held before they adopted G
  CountInUnfenced,     // ... counts alone while old readers do not ask it yet
  ShrinkAtOnce,        // a slot that goes is dropped
  WithdrawUnfilled,    // ... is not read any more before the others hold what it held
  DropUnretired,       // ... is not written any more though it may be read still
  DropVacantUnshared,  // a vacant slot is dropped before the others are equal
};

struct SlotScheme {
  std::string name;
  std::size_t slots = 3;
  std::size_t versions_max = 4;  // of the row, the first included
  SlotLevel level = SlotLevel::Quorum;
  BadRule bad = BadRule::None;
  // Whether a former reader may be fenced off instead of heard. R = 1 can not be protected then.
  bool fences = true;
  std::vector<SlotStep> steps;  // that may be taken
  // Who may come in, and for StartMove and Vacate into which slot: (slot, node).
  std::vector<std::pair<std::size_t, NodeIndex>> movers;
  std::vector<std::pair<std::size_t, NodeIndex>> replacers;
  std::vector<NodeIndex> growers;
  // Streams that may run: (sink, source). At most six.
  std::vector<std::pair<NodeIndex, NodeIndex>> streams;
};

}  // namespace starling
