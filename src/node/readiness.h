#pragma once

// Readiness: whether a node can serve quorum requests, and if not, why, in words for people.

#include <string>

namespace starling {

struct Readiness {
  bool ready = false;
  std::string because;    // empty when ready
  std::string note = {};  // what limits it even so, such as a full disk; empty: nothing
};

}  // namespace starling
