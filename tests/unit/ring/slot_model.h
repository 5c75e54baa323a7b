#pragma once

// The exhaustive search over the slot rules: one write, then one read that begins after the write
// was acknowledged, among nodes that adopt decided rows whenever they like, while anybody proposes
// any step whose guard holds. A read that gathers R answers without the write is stale. Breadth
// first, so the first mistake found is one of the shortest.
//
// What is left out because it can only help the reader, holding the write being never a harm to
// anyone: messages of earlier attempts that arrive late, stores after the acknowledgement, merges
// of snapshots without the write (they are taken and merged at once). Everything else is in every
// order: stale coordinators and readers, nodes that never hear of a step, streams that start again,
// a snapshot that travels while the world moves on.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ring/slot_step.h"
#include "slot_scheme.h"

namespace starling {

struct SlotFindings {
  std::size_t states = 0;
  std::size_t acknowledged = 0;  // states in which the write is
  std::size_t stale = 0;         // states in which a read was answered without it
  std::array<bool, kSlotSteps> taken{};
  std::string story;  // the first run that went wrong, one action a line
};

[[nodiscard]] SlotFindings search(const SlotScheme& scheme);
// One line with the counts.
[[nodiscard]] std::string summary(const SlotScheme& scheme, const SlotFindings& findings);

}  // namespace starling
