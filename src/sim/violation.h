#pragma once

// Violation: a promise that a run broke, named after the checker that noticed.

#include <string>

namespace starling::sim {

struct Violation {
  std::string checker;  // "lost-write", "stale-read", ...
  std::string key;      // empty: of no one key
  std::string text;
};

}  // namespace starling::sim
