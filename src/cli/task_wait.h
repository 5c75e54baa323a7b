#pragma once

// TaskWait: `cluster tasks --wait`, the barrier behind which nothing is left to do. Asks again and
// again; what can not be asked for a while is no reason to give up before the time is over.

#include <chrono>

#include "starling/admin.h"
#include "starling/client.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/polling.h"

namespace starling::cli {

// What `timeout` of coreutils ends with.
inline constexpr int kExitTimedOut = 124;

// Exit 0: a list that is finished. 124: the last list that came, which was not. If none ever came:
// why not.
[[nodiscard]] Output wait_for_tasks(Form form, std::chrono::milliseconds timeout,
                                    const Polling<TaskList>& wait);
[[nodiscard]] Output wait_for_tasks(Form form, std::chrono::milliseconds timeout, Client& client,
                                    const Console& console);

}  // namespace starling::cli
