#include "sim/simulation.h"

#include <chrono>

#include <doctest/doctest.h>

#include "base/planted_bug.h"
#include "sim/trace.h"

namespace starling::sim {
namespace {

TEST_CASE("Simulation: the same seed gives the same run, whether words are kept or not") {
  RunOptions options;
  options.seed = 5;
  const RunResult first = run(options);
  options.recording = Recording::Timeline;
  const RunResult second = run(options);
  CHECK(first.hash == second.hash);
  CHECK(first.events == second.events);
  CHECK(first.ok());
}

TEST_CASE("Simulation: another seed gives another run") {
  CHECK(run({.seed = 1, .scenario = "calm"}).hash != run({.seed = 2, .scenario = "calm"}).hash);
}

TEST_CASE("Simulation: in calm weather nearly all requests succeed") {
  const RunResult result = run({.seed = 3, .scenario = "calm"});
  CHECK(result.ok());
  CHECK(result.faults == 0);
  CHECK(result.acknowledged * 100 > result.operations * 90);
  CHECK(result.simulated > std::chrono::seconds(10));
}

TEST_CASE("Simulation: a failing run comes with the timeline of its key") {
  const RunResult result = run({.seed = 1,
                                .scenario = "swarm",
                                .planted = PlantedBug::AckBeforeSync,
                                .recording = Recording::Timeline});
  REQUIRE_FALSE(result.ok());
  CHECK_FALSE(result.timeline.empty());
}

}  // namespace
}  // namespace starling::sim
