#pragma once

// ConfigurationChange: a next configuration that the rules allow without any evidence, drawn by
// chance: other voters, other weights, moves and widenings of rows that begin or are given up. So
// epochs go on, rows get newer versions, and slots are in other states, under all other faults.

#include "base/random.h"
#include "ring/configuration.h"

namespace starling::sim {

[[nodiscard]] Configuration draw_change(const Configuration& before, Random random);
// Other weights of some members, and the owners that rows are brought to by them. The members bring
// them there by themselves.
[[nodiscard]] Configuration draw_aims(const Configuration& before, Random random);

}  // namespace starling::sim
