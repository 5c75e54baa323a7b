#include "cli/task_wait.h"

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/admin.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/output.h"

namespace starling::cli {
namespace {

using std::chrono::milliseconds;

const TaskList kBusy{
    .tasks = {{.id = "i", .kind = "hints", .subject = "a -> b", .total = 3, .unit = "keys"}},
    .unanswered = {}};
const TaskList kUnanswered{.tasks = {}, .unanswered = {"c"}};

// A world in which each question has its answer, the last one for ever, and time passes by
// sleeping.
struct Script {
  explicit Script(std::deque<Result<TaskList>> given) : answers(std::move(given)) {}
  Output run(milliseconds timeout, bool interrupted = false) {
    return wait_for_tasks(Form::Json, timeout,
                          {.ask =
                               [this](milliseconds patience) {
                                 ++asked;
                                 last_patience = patience;
                                 Result<TaskList> answer = answers.front();
                                 if (answers.size() > 1) answers.pop_front();
                                 return answer;
                               },
                           .elapsed = [this] { return now; },
                           .sleep = [this](milliseconds time) { now += time; },
                           .is_interrupted = [interrupted] { return interrupted; }});
  }
  std::deque<Result<TaskList>> answers;
  milliseconds now{};
  milliseconds last_patience{};
  int asked = 0;
};

TEST_CASE("TaskWait: ends with 0 when nothing is left and all have said so") {
  Script script({kBusy, kUnanswered, TaskList{}});
  const Output output = script.run(milliseconds(5000));
  CHECK(output.exit_code == 0);
  CHECK(output.out == "{\"tasks\":[],\"unanswered\":[]}\n");
  CHECK(script.asked == 3);
}

TEST_CASE("TaskWait: ends with 124 and what is left when the time is over") {
  for (const TaskList& left : {kBusy, kUnanswered}) {
    Script script({left});
    const Output output = script.run(milliseconds(1000));
    CHECK(output.exit_code == kExitTimedOut);
    CHECK(output.out == tasks_output(Form::Json, left).out);
    CHECK(script.now == milliseconds(1000));
    CHECK(script.last_patience <= milliseconds(1000));
  }
}

TEST_CASE("TaskWait: a cluster that can not be asked for a while is asked again") {
  const Status unreachable(StatusCode::Unreachable, "nobody listens");
  Script script({Result<TaskList>(unreachable), TaskList{}});
  CHECK(script.run(milliseconds(1000)).exit_code == 0);
  Script never({Result<TaskList>(unreachable)});
  const Output output = never.run(milliseconds(1000));
  CHECK(output.exit_code == exit_code_of(StatusCode::Unreachable));
  CHECK(never.asked > 1);
}

TEST_CASE("TaskWait: what asking again does not better ends it at once") {
  Script script({Result<TaskList>(Status(StatusCode::Usage, "wrong"))});
  CHECK(script.run(milliseconds(1000)).exit_code == 2);
  CHECK(script.asked == 1);
}

TEST_CASE("TaskWait: an interrupt ends it as if the time were over") {
  Script script({kBusy});
  CHECK(script.run(milliseconds(1000), true).exit_code == kExitTimedOut);
  CHECK(script.asked == 0);
}

}  // namespace
}  // namespace starling::cli
