#include "sim/scenario.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/fault_plan.h"

namespace starling::sim {
namespace {

bool offers_nothing(FaultKind /*kind*/) {
  return false;
}

bool offers_everything(FaultKind /*kind*/) {
  return true;
}

bool offers_crashes(FaultKind kind) {
  using enum FaultKind;
  return kind == Kill || kind == PowerLoss || kind == PowerLossAll || kind == Reset ||
         kind == Pause;
}

bool offers_partitions(FaultKind kind) {
  using enum FaultKind;
  return kind == CutOneWay || kind == CutTwoWay || kind == Isolate || kind == Split ||
         kind == Reset;
}

bool offers_disks(FaultKind kind) {
  using enum FaultKind;
  return kind == LoseDisk || kind == RollBack || kind == DiskError || kind == SlowDisk ||
         kind == DamageReads || kind == RotRecords || kind == PowerLoss || kind == DiskFull;
}

bool offers_clocks(FaultKind kind) {
  using enum FaultKind;
  return kind == JumpClock || kind == JumpWall || kind == Pause || kind == SlowDisk;
}

bool offers_epochs(FaultKind kind) {
  using enum FaultKind;
  return kind == ChangeConfiguration || kind == SetAims || kind == LeaveMember ||
         kind == RemoveMember || kind == JoinMember || kind == Kill || kind == PowerLoss ||
         kind == CutTwoWay || kind == Pause;
}

}  // namespace

const std::array<Scenario, 8>& scenarios() {
  static constexpr std::array<Scenario, 8> kScenarios{{
      {"swarm", "each seed draws its own selection of all faults (default)", offers_everything,
       false, true},
      {"calm", "no faults at all", offers_nothing, true, false},
      {"crashes", "processes killed, machines losing power, pauses", offers_crashes, true, false},
      {"partitions", "links cut one way and both ways, splits, resets", offers_partitions, true,
       false},
      {"disks", "disks lost, rolled back, failing, slow, unreadable, full", offers_disks, true,
       false},
      {"clocks", "clocks that jump, nodes that stop, slow disks", offers_clocks, true, false},
      {"replays", "messages lost, doubled, overtaken, and repeated minutes later", offers_crashes,
       false, true},
      {"epochs", "configurations change, and rows with them, under running requests", offers_epochs,
       true, false},
  }};
  return kScenarios;
}

const Scenario* scenario_of(std::string_view name) {
  const auto& all = scenarios();
  const auto* const found =
      std::find_if(all.begin(), all.end(), [name](const Scenario& s) { return s.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace starling::sim
