#pragma once

// bench: runs a load (bench/load.h), tells how it goes on a terminal, and prints its figures.

#include <string>

#include "bench/load.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"

namespace starling::cli {

[[nodiscard]] int run_bench(const Invocation& invocation, const BenchCommand& command,
                            Console& console);

// Not ok where it was stopped early, or nothing at all has succeeded.
[[nodiscard]] Output bench_output(Form form, const bench::LoadReport& report);

}  // namespace starling::cli
