#include "cli/repair_wait.h"

#include <chrono>
#include <functional>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/polling.h"
#include "cli/progress.h"

namespace starling::cli {

using std::chrono::milliseconds;

namespace {

// What came of the runs so far.
struct Heard {
  bool anything = false;
  RepairReport all;     // all runs added up
  RepairReport before;  // likewise, without the run under way
  unsigned runs = 1;
};

// What a run found and wrote, with what those before it did.
RepairReport added_up(const RepairReport& before, RepairReport last) {
  last.keys_compared += before.keys_compared;
  last.keys_differing += before.keys_differing;
  last.records_written += before.records_written;
  last.bytes += before.bytes;
  return last;
}

// Whether that was all; if not, and this run is over, another one is needed.
bool is_all(const RepairReport& report, const std::function<void()>& again, Heard& heard) {
  heard.anything = true;
  heard.all = added_up(heard.before, report);
  if (!report.is_finished()) return false;
  const bool is_needed = report.records_written > 0 && report.is_whole();
  if (!is_needed || heard.runs == kRepairRunsMax) return true;
  heard.before = heard.all;
  ++heard.runs;
  again();
  return false;
}

}  // namespace

Output wait_for_repair(Form form, milliseconds timeout, const RepairRun& run,
                       const Polling<RepairReport>& wait, const std::function<void()>& again,
                       const std::function<void(const RepairReport&)>& show) {
  Heard heard;
  Status problem(StatusCode::Unavailable, "nothing was heard of the repair");
  milliseconds heard_at{};
  while (!wait.interrupted() && wait.elapsed() - heard_at < timeout) {
    const Result<RepairReport> asked = wait.ask(timeout);
    if (asked.ok()) {
      show(*asked);
      if (is_all(*asked, again, heard)) return repair_output(form, run, heard.all);
      if (asked->unanswered.empty()) heard_at = wait.elapsed();
    } else {
      problem = asked.status();
      if (!is_retryable(problem.code())) return failure_output(form, problem);
    }
    wait.sleep(kPollingPause);
  }
  if (!heard.anything) {
    return failure_output(form, wait.interrupted() ? interrupted() : problem);
  }
  Output output = repair_output(form, run, heard.all);
  output.err += "starling: what was begun goes on: see cluster tasks\n";
  output.exit_code = 1;
  return output;
}

Output wait_for_repair(Form form, milliseconds timeout, RepairRun run, Client& client,
                       Console& console) {
  Progress progress(console, "compared");
  const auto ask = [&](milliseconds patience) { return client.cluster_repair(run, patience); };
  const auto again = [&] { run = client.new_repair(run.partition, run.dry_run); };
  const auto show = [&](const RepairReport& report) {
    progress.show(report.compared, report.failed);
  };
  Output output =
      wait_for_repair(form, timeout, run, real_polling<RepairReport>(ask, console), again, show);
  progress.finish();
  return output;
}

}  // namespace starling::cli
