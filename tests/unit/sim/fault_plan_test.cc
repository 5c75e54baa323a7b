#include "sim/fault_plan.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include <doctest/doctest.h>

#include "base/time.h"
#include "node/node_options.h"

namespace starling::sim {
namespace {

TEST_CASE("FaultPlan: one seed gives one plan, and another seed another") {
  CHECK(draw_plan(1, "swarm").describe() == draw_plan(1, "swarm").describe());
  CHECK(draw_plan(1, "swarm").describe() != draw_plan(2, "swarm").describe());
}

TEST_CASE("FaultPlan: a plan destroys one disk at most, and only where N spares it") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const FaultPlan plan = draw_plan(seed, "swarm");
    const auto destroyed =
        std::count_if(plan.faults.begin(), plan.faults.end(), [](const Fault& fault) {
          return fault.kind == FaultKind::LoseDisk || fault.kind == FaultKind::RollBack ||
                 fault.kind == FaultKind::RotRecords || fault.kind == FaultKind::RemoveMember;
        });
    CHECK(destroyed <= 1);
    CHECK((destroyed == 0 || plan.shape.replicas_in_force() >= 3));
    CHECK(plan.destroys_a_disk() == (destroyed == 1));
  }
}

TEST_CASE("FaultPlan: seeds reach all kinds of faults, and leave some out each") {
  std::set<FaultKind> all;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::set<FaultKind> kinds;
    for (const Fault& fault : draw_plan(seed, "swarm").faults) kinds.insert(fault.kind);
    CHECK(kinds.size() < kFaultKinds);
    all.insert(kinds.begin(), kinds.end());
  }
  CHECK(all.size() == kFaultKinds);
}

TEST_CASE("FaultPlan: faults stand in order of time, on nodes that exist") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const FaultPlan plan = draw_plan(seed, "swarm");
    Duration before{};
    for (const Fault& fault : plan.faults) {
      CHECK(fault.at >= before);
      CHECK(fault.node < plan.shape.all_nodes());
      CHECK(fault.other < plan.shape.all_nodes());
      CHECK(fault.node != fault.other);
      before = fault.at;
    }
  }
}

TEST_CASE("FaultPlan: the calm scenario has no faults and a network that keeps its promises") {
  const FaultPlan plan = draw_plan(5, "calm");
  CHECK(plan.faults.empty());
  CHECK(plan.network.loss_ppm == 0);
  CHECK(plan.network.replay_ppm == 0);
}

TEST_CASE("FaultPlan: power loss costs acknowledged writes only where a node does not sync") {
  FaultPlan plan;
  plan.shape.durability = {DurabilityMode::Sync, DurabilityMode::None};
  CHECK_FALSE(plan.may_lose_acknowledged());
  plan.faults.push_back({.kind = FaultKind::PowerLoss});
  CHECK(plan.may_lose_acknowledged());
  plan.faults = {{.kind = FaultKind::DiskError}};
  CHECK_FALSE(plan.may_lose_acknowledged());
  plan.shape.engines = {SimEngine::LevelDb};
  CHECK(plan.may_lose_acknowledged());
  plan.shape.durability = {DurabilityMode::Sync, DurabilityMode::Sync};
  CHECK_FALSE(plan.may_lose_acknowledged());
}

TEST_CASE("FaultPlan: one run in six has nodes on LevelDB, all or some, and nothing else changes") {
  std::uint32_t all = 0;
  std::uint32_t some = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const ClusterShape shape = draw_plan(seed, "swarm").shape;
    if (shape.nodes_on_leveldb() == shape.nodes) ++all;
    if (shape.nodes_on_leveldb() > 0) ++some;
  }
  CHECK(some > 75);
  CHECK(some < 125);
  CHECK(all > some / 3);
  CHECK(all < some);
  const FaultPlan told = draw_plan(3, "swarm", SimEngine::LevelDb);
  const FaultPlan drawn = draw_plan(3, "swarm", SimEngine::Map);
  CHECK(told.shape.nodes_on_leveldb() == told.shape.all_nodes());
  CHECK(drawn.shape.nodes_on_leveldb() == 0);
  CHECK(told.faults.size() == drawn.faults.size());
  CHECK(told.safety == drawn.safety);
}

TEST_CASE(
    "FaultPlan: clocks begin anywhere, and in half of the runs drift; in calm ones they do not") {
  std::uint32_t drifting = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const ClusterShape shape = draw_plan(seed, "swarm").shape;
    REQUIRE(shape.clocks.size() == shape.all_nodes());
    if (shape.drift_ppm_max() > 0) ++drifting;
    CHECK(shape.clocks.at(0).ahead != shape.clocks.at(1).ahead);
    CHECK(draw_plan(seed, "calm").shape.drift_ppm_max() == 0);
  }
  CHECK(drifting > 30);
  CHECK(drifting < 70);
}

}  // namespace
}  // namespace starling::sim
