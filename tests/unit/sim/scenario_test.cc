#include "sim/scenario.h"

#include <doctest/doctest.h>

#include "sim/fault_plan.h"

namespace starling::sim {
namespace {

TEST_CASE("Scenario: each is found by its name, and nothing else is") {
  for (const Scenario& scenario : scenarios()) CHECK(scenario_of(scenario.name) == &scenario);
  CHECK(scenario_of("no such thing") == nullptr);
}

TEST_CASE("Scenario: each offers what it is named after") {
  CHECK(scenario_of("partitions")->offers(FaultKind::Split));
  CHECK_FALSE(scenario_of("partitions")->offers(FaultKind::Kill));
  CHECK(scenario_of("disks")->offers(FaultKind::LoseDisk));
  CHECK_FALSE(scenario_of("calm")->offers(FaultKind::Reset));
}

}  // namespace
}  // namespace starling::sim
