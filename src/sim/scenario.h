#pragma once

// Scenario: a named menu of faults from which a seed draws its own selection.

#include <array>
#include <string_view>

#include "sim/fault_plan.h"

namespace starling::sim {

struct Scenario {
  std::string_view name;
  std::string_view summary;
  // Kinds of fault that may appear; `always` says whether they all do, or a drawn half of them.
  bool (*offers)(FaultKind kind);
  bool always = false;
  // Loss, duplication, reordering and replays of single messages, and tiny bounds of the nodes.
  bool rough_network = false;
};

[[nodiscard]] const std::array<Scenario, 8>& scenarios();
// nullptr for a name that is no scenario's.
[[nodiscard]] const Scenario* scenario_of(std::string_view name);

}  // namespace starling::sim
