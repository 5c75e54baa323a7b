#include "cli/bench.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

#include <fmt/core.h>

#include "starling/result.h"
#include "starling/status.h"

#include "bench/load.h"
#include "bench/load_options.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"

namespace starling::cli {
namespace {

// The line that counts along while a benchmark runs, with the rate since it was last printed.
class RunningLine {
 public:
  explicit RunningLine(Console& console) : console_(console) {}

  void show(double seconds, std::uint64_t succeeded, std::uint64_t failed) {
    constexpr double kInterval = 0.25;
    if (!console_.err_is_terminal || seconds - shown_at_ < kInterval) return;
    const double rate = static_cast<double>(succeeded - shown_) / (seconds - shown_at_);
    shown_at_ = seconds;
    shown_ = succeeded;
    console_.err << fmt::format("\r{:.1f} s: {:.0f} operations a second, {} done, failed {}\x1b[K",
                                seconds, rate, succeeded, failed)
                 << std::flush;
  }
  void finish() {
    if (shown_at_ > 0) console_.err << "\r\x1b[K" << std::flush;
  }

 private:
  Console& console_;
  double shown_at_ = 0;
  std::uint64_t shown_ = 0;
};

// Why a report is no success.
Status failure_of(const bench::LoadReport& report) {
  if (report.counts.succeeded() > 0) return report.stopped;
  for (const auto& kind : report.counts.kinds) {
    const auto most = std::ranges::max_element(kind.errors_by_code, {},
                                               [](const auto& entry) { return entry.second; });
    if (most != kind.errors_by_code.end()) {
      return {most->first, "no operation succeeded, " + std::to_string(kind.errors) + " failed"};
    }
  }
  return report.stopped;
}

}  // namespace

Output bench_output(Form form, const bench::LoadReport& report) {
  Output output;
  output.out = form == Form::Json ? json_of(report) + "\n" : table_of(report);
  const Status failure = failure_of(report);
  if (failure.ok()) return output;
  output.exit_code = exit_code_of(failure.code());
  if (form != Form::Json) output.err = "starling: " + failure.to_string() + "\n";
  return output;
}

int run_bench(const Invocation& invocation, const BenchCommand& command, Console& console) {
  const Form form = form_of(invocation, console);
  bench::LoadOptions options = command.options;
  options.endpoints = invocation.endpoints;
  options.timeout = invocation.timeout;
  Progress loading(console, "loaded");
  RunningLine running(console);
  const bench::LoadEvents events{
      .on_loading = [&](std::uint64_t loaded) { loading.show(loaded, 0); },
      .on_running = [&](double seconds, std::uint64_t succeeded,
                        std::uint64_t failed) { running.show(seconds, succeeded, failed); }};
  const Result<bench::LoadReport> report = bench::run_load(options, events);
  if (report.ok()) {
    running.finish();
  } else {
    loading.finish();
  }
  return print(console,
               report.ok() ? bench_output(form, *report) : failure_output(form, report.status()));
}

}  // namespace starling::cli
