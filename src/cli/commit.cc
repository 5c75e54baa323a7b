#include "cli/commit.h"

#include <chrono>
#include <ostream>
#include <string>

#include "starling/admin.h"
#include "starling/client.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/table.h"

namespace starling::cli {
namespace {

// What people read goes past standard output, which the answer has for itself.
bool agrees(const ChangeReport& plan, Console& console) {
  console.err << table_of(plan) << "Begin this? It can not be taken back. [y/N] " << std::flush;
  std::string line;
  std::getline(console.in, line);
  return line == "y" || line == "Y" || line == "yes";
}

}  // namespace

Output commit_plan(Form form, const ClusterCommitCommand& command, const PlanDoor& door,
                   Console& console) {
  const bool asks = console.in_is_terminal && !command.yes;
  if (!asks && !command.yes && command.plan.empty()) {
    return failure_output(form, Status(StatusCode::Usage,
                                       "nobody is there to ask: name the plan that was shown "
                                       "(cluster plan), or say --yes"));
  }
  std::string number = command.plan;
  if (asks || number.empty()) {
    const Result<ChangeReport> plan = door.look();
    if (!plan.ok()) return failure_output(form, plan.status());
    if (number.empty()) number = plan->plan;
    if (number.empty()) {
      return failure_output(form, Status(StatusCode::ConditionFailed, "no change is staged"));
    }
    // Another one than this would be refused: there is nothing to be asked about.
    if (asks && number == plan->plan && !agrees(*plan, console)) {
      return failure_output(form, Status(StatusCode::Failure, "nothing was committed"));
    }
  }
  const Result<ChangeReport> committed = door.commit(number);
  if (!committed.ok()) return failure_output(form, committed.status());
  return commit_output(form, *committed);
}

Output commit_plan(Form form, std::chrono::milliseconds timeout,
                   const ClusterCommitCommand& command, Client& client, Console& console) {
  const PlanDoor door{
      .look = [&] { return client.cluster_plan(timeout); },
      .commit = [&](const std::string& plan) { return client.cluster_commit(plan, timeout); }};
  return commit_plan(form, command, door, console);
}

}  // namespace starling::cli
