#include "cli/task_wait.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"

namespace starling::cli {
namespace {

using std::chrono::milliseconds;

// Often enough for people, and a message to each member only.
constexpr milliseconds kPause{200};

}  // namespace

Output wait_for_tasks(Form form, milliseconds timeout, const TaskWait& wait) {
  std::optional<TaskList> last;
  Status problem;
  while (true) {
    const milliseconds left = timeout - wait.elapsed();
    if (left <= milliseconds::zero() || (wait.is_interrupted && wait.is_interrupted())) break;
    Result<TaskList> asked = wait.ask(std::min(left, kTimeoutDefault));
    if (asked.ok()) {
      last = std::move(*asked);
      if (last->is_finished()) return tasks_output(form, *last);
    } else {
      problem = asked.status();
      if (!is_retryable(problem.code())) return failure_output(form, problem);
    }
    wait.sleep(std::min(kPause, std::max(timeout - wait.elapsed(), milliseconds::zero())));
  }
  if (!last.has_value() && !problem.ok()) return failure_output(form, problem);
  Output output = tasks_output(form, last.value_or(TaskList{}));
  output.err += "starling: something is still to be done\n";
  output.exit_code = kExitTimedOut;
  return output;
}

Output wait_for_tasks(Form form, milliseconds timeout, Client& client, const Console& console) {
  const auto begun = std::chrono::steady_clock::now();
  return wait_for_tasks(
      form, timeout,
      {.ask = [&client](milliseconds patience) { return client.cluster_tasks(patience); },
       .elapsed =
           [begun] {
             return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() -
                                                             begun);
           },
       .sleep = [](milliseconds time) { std::this_thread::sleep_for(time); },
       .is_interrupted = console.is_interrupted});
}

}  // namespace starling::cli
