#pragma once

// import: JSON lines into a bucket, by several connections at once. All lines of one key go through
// one of them, in order, so the last line of a key wins.

#include "cli/command.h"
#include "cli/console.h"

namespace starling::cli {

[[nodiscard]] int run_import(const Invocation& invocation, const ImportCommand& command,
                             Console& console);

}  // namespace starling::cli
