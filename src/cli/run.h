#pragma once

// Runs one command line from its words to its exit code. main.cc only supplies the streams.

#include <string>
#include <vector>

#include "cli/console.h"

namespace starling::cli {

[[nodiscard]] int run(const std::vector<std::string>& words, Console& console);

}  // namespace starling::cli
