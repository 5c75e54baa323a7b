// The product's main proof: a thousand seeds of the default scenario break no promise, and reach
// every rare path on the list. Some of them run twice, to prove that a seed is a run.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/time.h"
#include "sim/fault_plan.h"
#include "sim/mark_board.h"
#include "sim/report.h"
#include "sim/scenario.h"
#include "sim/simulation.h"
#include "sim/trace.h"

namespace starling::sim {
namespace {

constexpr std::uint64_t kSeeds = 1000;
// Fewer seeds than this can not be expected to reach every rare path.
constexpr std::uint64_t kSeedsForMarks = 500;
constexpr std::uint64_t kSeedsPerScenario = 25;
// The map is quick and finds mistakes of the protocol; those of storage need the real thing.
constexpr std::uint64_t kPercentOnLevelDbMin = 10;

std::uint64_t seeds() {
  const char* const wanted = std::getenv("STARLING_SIM_SEEDS");
  return wanted == nullptr ? kSeeds : std::strtoull(wanted, nullptr, 10);
}

// Runs one seed; a failure prints its timeline and the command that repeats it.
RunResult must_hold(const RunOptions& options) {
  RunResult result = run(options);
  if (!result.ok()) {
    RunOptions again = options;
    again.recording = Recording::Timeline;
    FAIL_CHECK(describe_failure(again, run(again), TimelineLength::Readable));
  }
  return result;
}

TEST_CASE("Swarm: no seed breaks a promise, and every rare path is reached") {
  MarkBoard marks;
  std::uint64_t operations = 0;
  std::uint64_t faults = 0;
  std::uint64_t on_leveldb = 0;
  Duration simulated{};
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    const RunResult result = must_hold({.seed = seed});
    marks.join(result.marks);
    operations += result.operations;
    faults += result.faults;
    if (result.nodes_on_leveldb > 0) ++on_leveldb;
    simulated += result.simulated;
  }
  const auto hours = std::chrono::duration_cast<std::chrono::minutes>(simulated).count();
  MESSAGE(seeds() << " seeds, " << operations << " operations, " << faults << " faults, " << hours
                  << " simulated minutes, " << on_leveldb << " seeds with the real LevelDB");
  if (seeds() < kSeedsForMarks) return;
  CHECK(on_leveldb * 100 >= seeds() * kPercentOnLevelDbMin);
  for (const std::string_view mark : marks.missing(listed_marks())) {
    FAIL_CHECK("no seed reached: " << mark);
  }
}

TEST_CASE("Swarm: every other scenario holds as well") {
  for (const Scenario& scenario : scenarios()) {
    if (scenario.name == "swarm") continue;
    for (std::uint64_t seed = 1; seed <= std::min(kSeedsPerScenario, seeds()); ++seed) {
      static_cast<void>(must_hold({.seed = seed, .scenario = std::string(scenario.name)}));
    }
  }
}

// The more so with LevelDB on all nodes: power losses inside its calls, damaged tables and failing
// compactions included.
TEST_CASE("Swarm: every seed and scenario holds with the real LevelDB on all nodes") {
  for (const Scenario& scenario : scenarios()) {
    const std::uint64_t count =
        scenario.name == "disks" ? 4 * kSeedsPerScenario : kSeedsPerScenario;
    for (std::uint64_t seed = 1; seed <= std::min(count, seeds()); ++seed) {
      static_cast<void>(must_hold(
          {.seed = seed, .scenario = std::string(scenario.name), .engine = SimEngine::LevelDb}));
    }
  }
}

TEST_CASE("Swarm: a seed run twice is the same run, on either engine") {
  for (const SimEngine engine : {SimEngine::Map, SimEngine::LevelDb}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      CAPTURE(seed);
      const RunOptions options{.seed = seed, .engine = engine};
      CHECK(run(options).hash == run(options).hash);
    }
  }
}

}  // namespace
}  // namespace starling::sim
