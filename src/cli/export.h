#pragma once

// export: a bucket as JSON lines. Keys come page by page; their values are read by several
// connections at once and written in the order of the listing.

#include "cli/command.h"
#include "cli/console.h"

namespace starling::cli {

[[nodiscard]] int run_export(const Invocation& invocation, const ExportCommand& command,
                             Console& console);

}  // namespace starling::cli
