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

Output wait_for_repair(Form form, milliseconds timeout, const RepairRun& run,
                       const Polling<RepairReport>& wait,
                       const std::function<void(const RepairReport&)>& show) {
  std::optional<RepairReport> last;
  Status problem(StatusCode::Unavailable, "nothing was heard of the repair");
  milliseconds heard{};
  while (!wait.interrupted() && wait.elapsed() - heard < timeout) {
    Result<RepairReport> asked = wait.ask(timeout);
    if (asked.ok()) {
      last = std::move(*asked);
      show(*last);
      if (last->is_finished()) return repair_output(form, run, *last);
      if (last->unanswered.empty()) heard = wait.elapsed();
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

Output wait_for_repair(Form form, milliseconds timeout, const RepairRun& run, Client& client,
                       Console& console) {
  Progress progress(console, "compared");
  const auto ask = [&](milliseconds patience) { return client.cluster_repair(run, patience); };
  const auto show = [&](const RepairReport& report) {
    progress.show(report.compared, report.failed);
  };
  Output output =
      wait_for_repair(form, timeout, run, real_polling<RepairReport>(ask, console), show);
  progress.finish();
  return output;
}

}  // namespace starling::cli
