#include "node/change_driver.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "moving_cluster.h"
#include "node/node.h"
#include "ring/configuration.h"
#include "ring/slot.h"
#include "ring/succession.h"

namespace starling {
namespace {

using std::chrono::seconds;

// The last owner of the partition is to be replaced by the node that has none of it.
void set_aim(MovingCluster& moving) {
  Configuration after = successor_of(moving.configuration());
  RowAim aim{.partition = moving.partition, .owners = {}};
  for (const Slot& slot : after.rows[moving.partition.value]) aim.owners.push_back(slot.holder);
  aim.owners.back() = moving.cluster.id(moving.sink);
  after.aims = {aim};
  REQUIRE(moving.cluster.node(0).propose(after, {}).ok());
  moving.cluster.settle();
}

const Slot& moved_slot(MovingCluster& moving) {
  return moving.configuration(moving.sink == 0 ? 1 : 0).rows[moving.partition.value].back();
}

TEST_CASE("ChangeDriver: begins the moves that rows are aimed at, and the target is filled") {
  MovingCluster moving;
  set_aim(moving);
  CHECK(moved_slot(moving).state == SlotState::Settled);
  moving.pass_slowly(seconds(6));
  CHECK(moved_slot(moving).holder != moved_slot(moving).target);
  REQUIRE(moving.fills().size() <= 1);
  CHECK(moving.records_of(moving.sink) == moving.keys.size());
}

TEST_CASE("ChangeDriver: where nothing is aimed at and nothing under way, nothing is proposed") {
  MovingCluster moving;
  const Epoch before = moving.configuration().epoch;
  moving.pass_slowly(seconds(20));
  CHECK(moving.configuration().epoch == before);
}

TEST_CASE("ChangeDriver: a proposal that is refused is not made again and again") {
  MovingCluster moving;
  set_aim(moving);
  moving.pass_slowly(seconds(60));
  const auto refusals =
      std::ranges::count_if(moving.cluster.warnings(), [](const std::string& warning) {
        return warning.find("can not be proposed") != std::string::npos;
      });
  CHECK(refusals <= 4);
}

TEST_CASE("ChangeDriver: a move whose target stays away is given up after a minute") {
  MovingCluster moving(1);
  moving.cluster.crowded.insert(moving.cluster.id(moving.sink));  // so that nothing is filled
  set_aim(moving);
  moving.pass_slowly(seconds(6));
  REQUIRE(moved_slot(moving).state == SlotState::Copying);
  moving.cluster.stop(moving.sink);
  moving.pass_slowly(seconds(50));
  CHECK(moved_slot(moving).state == SlotState::Copying);
  moving.pass_slowly(seconds(25));
  CHECK(moved_slot(moving).state == SlotState::Settled);
  CHECK(moved_slot(moving).holder == moving.cluster.id(moving.source));
  // And is not begun again: the aim is gone.
  CHECK(moving.configuration(moving.sink == 0 ? 1 : 0).aims.empty());
}

}  // namespace
}  // namespace starling
