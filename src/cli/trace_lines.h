#pragma once

// The timeline of a request as people read it: one line an event, with a mark where in the
// request's time it lies. 80 columns wide; longer lines go on below.

#include <string>

#include "starling/trace.h"

namespace starling::cli {

[[nodiscard]] std::string trace_lines(const Trace& trace);

}  // namespace starling::cli
