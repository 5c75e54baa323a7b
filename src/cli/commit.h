#pragma once

// `cluster commit`: shows the plan, asks whoever sits there, and commits that very plan. What was
// staged or changed in between is refused by the cluster, not overlooked here.

#include <chrono>
#include <functional>
#include <string>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/result.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"

namespace starling::cli {

// How the cluster is asked.
struct PlanDoor {
  std::function<Result<ChangeReport>()> look;
  std::function<Result<ChangeReport>(const std::string& plan)> commit;
};

// Usage: nobody can be asked, and neither --yes nor a plan was given. Failure: the answer was no.
// ConditionFailed: nothing is staged, or the plan that was named is not what is staged.
[[nodiscard]] Output commit_plan(Form form, const ClusterCommitCommand& command,
                                 const PlanDoor& door, Console& console);
[[nodiscard]] Output commit_plan(Form form, std::chrono::milliseconds timeout,
                                 const ClusterCommitCommand& command, Client& client,
                                 Console& console);

}  // namespace starling::cli
