#pragma once

// Readiness: whether a node can serve quorum requests, and if not, why, in words for people.

#include <string>

namespace starling {

struct Readiness {
  bool ready = false;
  std::string because;  // empty when ready
};

}  // namespace starling
