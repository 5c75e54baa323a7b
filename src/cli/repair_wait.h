#pragma once

// RepairWait: `cluster repair`, from the order to its end. A run is the cluster's: who asks for it
// may go away, or fail for a while, and it goes on.
//
// One run may leave replicas different: two that both show nothing agree, and one of them may know
// why (a delete) while the other gets the deleted value from a third one later. So after a run that
// wrote something everything is compared once more.

#include <chrono>
#include <functional>

#include "starling/admin.h"
#include "starling/client.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/polling.h"

namespace starling::cli {

// Runs at most: the second one finds nothing unless deletes met values in the first.
inline constexpr unsigned kRepairRunsMax = 4;

// Until a run has written nothing, or nothing was heard for `timeout`. `again` is called before a
// further run: `wait` asks for that one from then on. `show` gets every report. The output adds up
// what all runs found and wrote. Exit 0: every pair was compared, 1: some could not be; and that of
// the error if nothing came.
[[nodiscard]] Output wait_for_repair(Form form, std::chrono::milliseconds timeout,
                                     const RepairRun& run, const Polling<RepairReport>& wait,
                                     const std::function<void()>& again,
                                     const std::function<void(const RepairReport&)>& show);
[[nodiscard]] Output wait_for_repair(Form form, std::chrono::milliseconds timeout, RepairRun run,
                                     Client& client, Console& console);

}  // namespace starling::cli
