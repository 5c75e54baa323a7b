#pragma once

// The JSON of what only the tool reports: transfers and measurements. Answers are json/'s. One line
// each.

#include <string>

#include "bench/load.h"
#include "cli/output.h"

namespace starling::cli {

[[nodiscard]] std::string json_of(const TransferReport& report);
// Latencies in microseconds.
[[nodiscard]] std::string json_of(const bench::LoadReport& report);

}  // namespace starling::cli
