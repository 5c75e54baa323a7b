#pragma once

// RepairWait: `cluster repair`, from the order to its end. The run is the cluster's: who asks for
// it may go away, or fail for a while, and it goes on.

#include <chrono>
#include <functional>

#include "starling/admin.h"
#include "starling/client.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/polling.h"

namespace starling::cli {

// Until the run is over, or nothing was heard of it for `timeout`. `show` gets every report.
// Exit 0: every pair was compared, 1: some could not be; and that of the error if nothing came.
[[nodiscard]] Output wait_for_repair(Form form, std::chrono::milliseconds timeout,
                                     const RepairRun& run, const Polling<RepairReport>& wait,
                                     const std::function<void(const RepairReport&)>& show);
[[nodiscard]] Output wait_for_repair(Form form, std::chrono::milliseconds timeout,
                                     const RepairRun& run, Client& client, Console& console);

}  // namespace starling::cli
