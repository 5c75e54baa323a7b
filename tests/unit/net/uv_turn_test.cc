#include "net/uv_turn.h"

#include <memory>

#include <doctest/doctest.h>

#include "loop_fixture.h"

namespace starling {
namespace {

class CountingTask final : public TurnTask {
 public:
  using TurnTask::TurnTask;
  int runs = 0;
  TurnTask* then_schedule = nullptr;
  std::unique_ptr<CountingTask>* then_destroy = nullptr;

 private:
  void at_turn_end() override {
    ++runs;
    if (then_schedule != nullptr) then_schedule->schedule();
    if (then_destroy != nullptr) then_destroy->reset();
  }
};

TEST_CASE("UvTurn: a task runs once a turn, however often it was scheduled") {
  LoopFixture fixture;
  CountingTask task(fixture.turn);
  task.schedule();
  task.schedule();
  CHECK(task.runs == 0);
  CHECK(fixture.run_until([&] { return task.runs > 0; }));
  CHECK(task.runs == 1);
  task.schedule();
  CHECK(fixture.run_until([&] { return task.runs == 2; }));
}

TEST_CASE("UvTurn: what a task schedules runs in the same turn's end") {
  LoopFixture fixture;
  CountingTask first(fixture.turn);
  CountingTask second(fixture.turn);
  first.then_schedule = &second;
  first.schedule();
  CHECK(fixture.run_until([&] { return first.runs == 1; }));
  CHECK(second.runs == 1);
}

TEST_CASE("UvTurn: a task that is destroyed by another does not run") {
  LoopFixture fixture;
  CountingTask first(fixture.turn);
  auto second = std::make_unique<CountingTask>(fixture.turn);
  first.then_destroy = &second;
  first.schedule();
  second->schedule();
  CHECK(fixture.run_until([&] { return first.runs == 1; }));
  CHECK(second == nullptr);
}

TEST_CASE("UvTurn: the hook runs before every sleep, after the tasks") {
  LoopFixture fixture;
  CountingTask task(fixture.turn);
  int seen_runs = -1;
  fixture.turn.before_sleep([&] { seen_runs = task.runs; });
  task.schedule();
  CHECK(fixture.run_until([&] { return seen_runs >= 0; }));
  CHECK(seen_runs == 1);
}

}  // namespace
}  // namespace starling
