#pragma once

// The exhaustive search over a ReapWorld: all orders of all actions within the bounds of a scheme,
// breadth first, so that the first mistake found is one of the shortest. Every state is judged as
// if the run ended there.

#include <cstddef>
#include <string>

#include "reap_world.h"

namespace starling {

struct ReapFindings {
  std::size_t states = 0;
  // Pairs of a state and a write in it.
  std::size_t resurrected = 0;
  std::size_t lost = 0;
  // States in which both homes had carried out a round: without any, zeros say nothing.
  std::size_t reaped = 0;
  bool complete = true;  // false: stopped at states_max
  // The first run that went wrong, one action a line; empty when none did.
  std::string story;
};

[[nodiscard]] ReapFindings search(const ReapScheme& scheme, std::size_t states_max);
// One line with the counts.
[[nodiscard]] std::string summary(const ReapScheme& scheme, const ReapFindings& findings);

}  // namespace starling
