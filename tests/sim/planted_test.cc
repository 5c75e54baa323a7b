// The checkers bite: each classic mistake, planted into the code, is found within 200
// seeds and 60 seconds of CPU. A checker that nobody ever saw complain proves nothing.

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "base/planted_bug.h"
#include "sim/fault_plan.h"
#include "sim/simulation.h"
#include "sim/violation.h"

namespace starling::sim {
namespace {

constexpr std::uint64_t kSeedsMax = 200;
constexpr double kCpuSecondsMax = 60;
// What clients alone are shown convicts more rarely than what monitors see inside.
constexpr std::uint64_t kConvictionSeedsMax = 600;

struct Found {
  std::uint64_t seeds = 0;
  std::string by;
};

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// Those about the disk are no mistakes on the map, where each sync covers all and names need none.
std::optional<SimEngine> engine_for(PlantedBug bug) {
  const bool is_of_leveldb = bug == PlantedBug::LaterSync || bug == PlantedBug::SkipDirectorySync;
  return is_of_leveldb ? std::optional(SimEngine::LevelDb) : std::nullopt;
}

RunResult run_with(std::uint64_t seed, PlantedBug bug) {
  return run({.seed = seed, .planted = bug, .engine = engine_for(bug)});
}

std::optional<Found> hunt(PlantedBug bug) {
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    const RunResult result = run_with(seed, bug);
    if (!result.ok()) {
      const Violation& first = result.violations.front();
      return Found{seed, first.checker + ": " + first.text};
    }
  }
  return std::nullopt;
}

TEST_CASE("Planted: every planted bug is found within 200 seeds and 60 seconds of CPU") {
  for (const auto& [name, bug] : kPlantedBugs) {
    CAPTURE(name);
    const double before = cpu_seconds();
    const std::optional<Found> found = hunt(bug);
    const double spent = cpu_seconds() - before;
    CHECK(found.has_value());
    CHECK(spent < kCpuSecondsMax);
    if (found.has_value()) {
      MESSAGE(name << ": found after " << found->seeds << " seeds, " << spent << " s of CPU, by "
                   << found->by);
    }
  }
}

struct Conviction {
  PlantedBug bug;
  std::string_view checker;
  std::string scenario = "swarm";
};

bool convicts(std::uint64_t seed, const Conviction& sought) {
  const RunResult result = run({.seed = seed,
                                .scenario = sought.scenario,
                                .planted = sought.bug,
                                .engine = engine_for(sought.bug)});
  return std::any_of(
      result.violations.begin(), result.violations.end(),
      [&sought](const Violation& violation) { return violation.checker == sought.checker; });
}

// What the clients alone were shown must convict as well: monitors look inside, users can not. But
// KeepIncarnation alone harms nobody: it opens the door to a second loss that nothing reports, and
// the simulated disks report theirs; of a hint that is forgotten too early there are other copies,
// of which a plan destroys one at most; StaleLeaf costs no client anything as long as reads repair;
// and neither two configurations of one epoch nor one that a disk did not keep differ in anything
// that a client sees, while no data moves by them; no node is read yet because it says that it is
// filled; what a repair by order left, the next comparison
// brings; and to be harmed by a fence that was skipped a client must meet two owners that are both
// behind by several steps, while a third takes writes. A copy that one disk lost is soon brought
// back: of AcceptRolledBack and LaterSync no client saw anything in 600 seeds.
TEST_CASE("Planted: the answers that clients got are enough to find every one but eleven") {
  const std::array<Conviction, 15> kConvictions{{
      {PlantedBug::MintAtNonOwner, "lost-write"},
      {PlantedBug::ReuseCounter, "lost-write"},
      {PlantedBug::AckBeforeSync, "stale-read"},
      {PlantedBug::CorruptIsAbsent, "stale-read"},
      {PlantedBug::DropSiblingOnMerge, "lost-write"},
      {PlantedBug::WideContext, "lost-write"},
      {PlantedBug::RemintAfterStaleRow, "false-sibling"},
      {PlantedBug::SkipRepair, "lost-protection"},
      {PlantedBug::SkipDirectorySync, "lost-write"},
      {PlantedBug::StandInAnswersReads, "stale-read"},
      {PlantedBug::ForgetTracedAnswer, "false-trace"},
      {PlantedBug::CountOneOfTwo, "stale-read"},
      {PlantedBug::CountTheLiving, "stale-read"},
      {PlantedBug::AnswerUnfilled, "stale-read"},
      {PlantedBug::RemoveWhileMoving, "lost-write"},
  }};
  for (const Conviction& conviction : kConvictions) {
    std::uint64_t seeds = 0;
    bool convicted = false;
    while (seeds < kConvictionSeedsMax && !convicted) convicted = convicts(++seeds, conviction);
    CAPTURE(conviction.checker);
    CHECK(convicted);
    MESSAGE(conviction.checker << " needs " << seeds << " seeds");
  }
}

TEST_CASE("Planted: a stale Merkle leaf leaves replicas different, whatever looks inside") {
  std::uint64_t seeds = 0;
  while (++seeds <= kConvictionSeedsMax &&
         !convicts(seeds, {PlantedBug::StaleLeaf, "not-repaired"})) {
  }
  CHECK(seeds <= kConvictionSeedsMax);
  MESSAGE("not-repaired needs " << seeds << " seeds");
}

TEST_CASE("Planted: what LevelDB alone can lose the map never loses") {
  for (const PlantedBug bug : {PlantedBug::LaterSync, PlantedBug::SkipDirectorySync}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(seed);
      CHECK(run({.seed = seed, .planted = bug, .engine = SimEngine::Map}).ok());
    }
  }
}

}  // namespace
}  // namespace starling::sim
