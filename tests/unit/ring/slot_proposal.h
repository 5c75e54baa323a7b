#pragma once

// SlotProposal: which rows may be decided next, given what is a fact in the model. The guard is the
// product's; a broken rule shows it facts that are none, or takes two steps at once.

#include <optional>
#include <vector>

#include "ring/slot.h"
#include "ring/slot_step.h"
#include "slot_history.h"
#include "slot_scheme.h"

namespace starling {

struct SlotFacts {
  std::vector<Adoption> adoptions;
  std::vector<Filling> fillings;
};

// The row after the step, or nothing if nobody may propose it.
[[nodiscard]] std::optional<SlotRow> propose(const SlotScheme& scheme, const SlotHistory& last,
                                             const RowStep& step, const SlotFacts& facts);

}  // namespace starling
