#pragma once

// TaskWait: `cluster tasks --wait`, the barrier behind which nothing is left to do. Asks again and
// again; what can not be asked for a while is no reason to give up before the time is over.

#include <chrono>
#include <functional>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/result.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"

namespace starling::cli {

// What `timeout` of coreutils ends with.
inline constexpr int kExitTimedOut = 124;

// The world of one wait: how to ask, with how much patience, and how time passes.
struct TaskWait {
  std::function<Result<TaskList>(std::chrono::milliseconds timeout)> ask;
  std::function<std::chrono::milliseconds()> elapsed;
  std::function<void(std::chrono::milliseconds)> sleep;
  std::function<bool()> is_interrupted;
};

// Exit 0: a list that is finished. 124: the last list that came, which was not. If none ever came:
// why not.
[[nodiscard]] Output wait_for_tasks(Form form, std::chrono::milliseconds timeout,
                                    const TaskWait& wait);
[[nodiscard]] Output wait_for_tasks(Form form, std::chrono::milliseconds timeout, Client& client,
                                    const Console& console);

}  // namespace starling::cli
