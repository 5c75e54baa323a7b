#pragma once

// The exhaustive search over a ModelState: all orders of all actions within the bounds of a Scheme,
// breadth first, so that the first mistake found is one of the shortest. Every state is judged as
// if the run ended there: deltas that did not arrive never will, and A and B exchange their records
// once, in both directions.

#include <cstddef>
#include <string>

#include "minting_model_state.h"

namespace starling {

struct Findings {
  std::size_t states = 0;
  // Pairs of a state and a write in it. Lost: the write survives at A or B, no client is shown it,
  // and nobody who had read it wrote a successor that survives.
  std::size_t lost = 0;
  // A write that is shown beside one whose client had read it.
  std::size_t false_siblings = 0;
  // Writes whose dot an earlier write has.
  std::size_t duplicate_dots = 0;
  // The first run that went wrong, one action a line; empty when none did.
  std::string story;

  [[nodiscard]] bool clean() const { return lost + false_siblings + duplicate_dots == 0; }
};

[[nodiscard]] Findings search(const Scheme& scheme);
// One line with the counts.
[[nodiscard]] std::string summary(const Scheme& scheme, const Findings& findings);

}  // namespace starling
