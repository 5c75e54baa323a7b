#include "cli/repair_wait.h"

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

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

// What a run found and wrote, with what those before it did.
RepairReport added_up(const RepairReport& before, RepairReport last) {
  last.keys_compared += before.keys_compared;
  last.keys_differing += before.keys_differing;
  last.records_written += before.records_written;
  last.bytes += before.bytes;
  return last;
}

}  // namespace

Output wait_for_repair(Form form, milliseconds timeout, const RepairRun& run,
                       const Polling<RepairReport>& wait, const std::function<void()>& again,
                       const std::function<void(const RepairReport&)>& show) {
  std::optional<RepairReport> last;
  RepairReport before;
  unsigned runs = 1;
  Status problem(StatusCode::Unavailable, "nothing was heard of the repair");
  milliseconds heard{};
  while (!wait.interrupted() && wait.elapsed() - heard < timeout) {
    const Result<RepairReport> asked = wait.ask(timeout);
    if (asked.ok()) {
      show(*asked);
      last = added_up(before, *asked);
      if (asked->unanswered.empty()) heard = wait.elapsed();
      if (asked->is_finished()) {
        const bool is_needed = asked->records_written > 0 && asked->is_whole();
        if (!is_needed || runs == kRepairRunsMax) return repair_output(form, run, *last);
        before = *last;
        ++runs;
        again();
      }
    } else {
      problem = asked.status();
      if (!is_retryable(problem.code())) return failure_output(form, problem);
    }
    wait.sleep(kPollingPause);
  }
  if (!last.has_value()) return failure_output(form, wait.interrupted() ? interrupted() : problem);
  Output output = repair_output(form, run, *last);
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
