#pragma once

// GiftCircle: takers who pass rows around in a circle, one each, so that nobody's count changes but
// fewer rows are held by a newcomer: a negative cycle of the flow problem that an assignment is. An
// assignment without one is the cheapest with its counts (Klein, 1967).

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ring/assignment.h"

namespace starling {

struct Gift {
  TakerIndex giver = 0;
  TakerIndex taker = 0;
  std::size_t row = 0;
};

// The gifts of one such circle, or none. `before[i]` is who held `rows[i]` at first; every taker is
// below `takers`.
[[nodiscard]] std::vector<Gift> find_saving_circle(
    const std::vector<AssignedRow>& rows, const std::vector<std::vector<TakerIndex>>& before,
    std::size_t takers);

}  // namespace starling
