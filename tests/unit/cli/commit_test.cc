#include "cli/commit.h"

#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/admin.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/console.h"
#include "cli/output.h"

namespace starling::cli {
namespace {

ChangeReport plan_named(const std::string& plan) {
  ChangeReport report{.plan = plan, .moves = 3};
  if (!plan.empty()) report.changes = {"leave node3"};
  return report;
}

// A cluster with one plan, and somebody who types.
struct CommitScript {
  explicit CommitScript(const std::string& typed = {}) : in(typed) {}
  Output run(const ClusterCommitCommand& command, Form form = Form::Json) {
    return commit_plan(form, command,
                       {.look = [this] { return Result<ChangeReport>(plan_named(shown)); },
                        .commit =
                            [this](const std::string& plan) {
                              committed.push_back(plan);
                              return Result<ChangeReport>(plan_named(plan));
                            }},
                       console);
  }
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = in, .out = out, .err = err};
  std::string shown = "0123456789abcdef";
  std::vector<std::string> committed;
};

TEST_CASE("commit: whoever sits at the terminal sees the plan, and is asked") {
  CommitScript script("y\n");
  script.console.in_is_terminal = true;
  CHECK(script.run({}).exit_code == 0);
  CHECK(script.committed == std::vector<std::string>{"0123456789abcdef"});
  CHECK(script.err.str().find("staged: leave node3") != std::string::npos);
  CHECK(script.err.str().find("[y/N]") != std::string::npos);
}

TEST_CASE("commit: anything but a yes commits nothing") {
  for (const std::string typed : {"n\n", "\n", "", "yeah\n"}) {
    CommitScript script(typed);
    script.console.in_is_terminal = true;
    CHECK(script.run({}).exit_code == 1);
    CHECK(script.committed.empty());
  }
}

TEST_CASE("commit: where nobody can be asked, a plan is named or --yes is said") {
  CommitScript script;
  const Output refused = script.run({});
  CHECK(refused.exit_code == 2);
  CHECK(refused.out.find("--yes") != std::string::npos);
  CHECK(script.committed.empty());
  CHECK(script.run({.plan = "1111111111111111"}).exit_code == 0);
  CHECK(script.run({.plan = {}, .yes = true}).exit_code == 0);
  CHECK(script.committed == std::vector<std::string>{"1111111111111111", "0123456789abcdef"});
}

TEST_CASE("commit: a plan that is not the one that is staged is not asked about") {
  CommitScript script("n\n");
  script.console.in_is_terminal = true;
  static_cast<void>(script.run({.plan = "1111111111111111"}));
  CHECK(script.committed == std::vector<std::string>{"1111111111111111"});
  CHECK(script.err.str().empty());
}

TEST_CASE("commit: where nothing is staged, that is a condition that does not hold") {
  CommitScript script;
  script.shown.clear();
  CHECK(script.run({.plan = {}, .yes = true}).exit_code == 4);
  CHECK(script.committed.empty());
}

TEST_CASE("commit: people are told how it goes on") {
  CommitScript script;
  const Output output = script.run({.plan = {}, .yes = true}, Form::Table);
  CHECK(output.out == "committed: leave node3\n");
  CHECK(output.err.find("cluster tasks --wait") != std::string::npos);
}

}  // namespace
}  // namespace starling::cli
