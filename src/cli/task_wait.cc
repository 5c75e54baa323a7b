#include "cli/task_wait.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/polling.h"

namespace starling::cli {

using std::chrono::milliseconds;

Output wait_for_tasks(Form form, milliseconds timeout, const Polling<TaskList>& wait) {
  std::optional<TaskList> last;
  Status problem;
  while (true) {
    const milliseconds left = timeout - wait.elapsed();
    if (left <= milliseconds::zero() || wait.interrupted()) break;
    Result<TaskList> asked = wait.ask(std::min(left, kTimeoutDefault));
    if (asked.ok()) {
      last = std::move(*asked);
      if (last->is_finished()) return tasks_output(form, *last);
    } else {
      problem = asked.status();
      if (!is_retryable(problem.code())) return failure_output(form, problem);
    }
    wait.sleep(std::min(kPollingPause, std::max(timeout - wait.elapsed(), milliseconds::zero())));
  }
  if (!last.has_value() && !problem.ok()) return failure_output(form, problem);
  Output output = tasks_output(form, last.value_or(TaskList{}));
  output.err += "starling: something is still to be done\n";
  output.exit_code = kExitTimedOut;
  return output;
}

Output wait_for_tasks(Form form, milliseconds timeout, Client& client, const Console& console) {
  const auto ask = [&client](milliseconds patience) { return client.cluster_tasks(patience); };
  return wait_for_tasks(form, timeout, real_polling<TaskList>(ask, console));
}

}  // namespace starling::cli
