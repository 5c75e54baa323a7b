#pragma once

// Simulation: one run, from a seed to a verdict. First the safety phase: clients at work while
// faults happen. Then the liveness phase: everything is healed, and within bounded time all
// requests must be answered, all nodes ready, every key readable at all its replicas, and the
// replicas of each key equal. Then the checkers judge the whole history. (The two phases are
// TigerBeetle's.)

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/planted_bug.h"
#include "base/time.h"
#include "sim/fault_plan.h"
#include "sim/mark_board.h"
#include "sim/trace.h"
#include "sim/violation.h"

namespace starling::sim {

struct RunOptions {
  std::uint64_t seed = 1;
  std::string scenario = "swarm";
  PlantedBug planted = PlantedBug::None;
  Recording recording = Recording::HashOnly;
  std::optional<SimEngine> engine = std::nullopt;  // instead of what the seed draws
};

struct RunResult {
  std::uint64_t seed = 0;
  std::string scenario;
  std::string plan;  // every drawn option, in one line
  std::uint32_t nodes = 0;
  std::uint32_t nodes_on_leveldb = 0;
  std::uint64_t hash = 0;
  Duration simulated{};
  std::uint64_t events = 0;
  std::uint64_t operations = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t faults = 0;
  MarkBoard marks;
  std::vector<Violation> violations;
  // Of the first violation's key; only when it was asked for.
  std::vector<TimelineEntry> timeline;

  [[nodiscard]] bool ok() const { return violations.empty(); }
};

// REQUIRES: options.scenario names a scenario.
[[nodiscard]] RunResult run(const RunOptions& options);

}  // namespace starling::sim
