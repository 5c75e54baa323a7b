#pragma once

// Settings from the environment: STARLING_DATA_DIR is --data-dir.

#include <string>
#include <vector>

#include "daemon/flag.h"

namespace starling {

struct Environment {
  GivenValues values;
  // For STARLING_ variables that no program of Starling knows: likely misspelt.
  std::vector<std::string> warnings;
};

// `variables` as "NAME=value".
[[nodiscard]] Environment read_environment(const std::vector<std::string>& variables);

}  // namespace starling
