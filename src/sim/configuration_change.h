#pragma once

// ConfigurationChange: a next configuration that the rules allow without any evidence, drawn by
// chance: other voters, other weights, moves of rows that begin or are given up. So epochs go on,
// and rows get newer versions, under all other faults.

#include "base/random.h"
#include "ring/configuration.h"

namespace starling::sim {

[[nodiscard]] Configuration draw_change(const Configuration& before, Random random);

}  // namespace starling::sim
