#include "node/return_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "message/client_messages.h"
#include "moving_cluster.h"
#include "node/node.h"
#include "ring/configuration.h"
#include "ring/slot.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

using std::chrono::seconds;

// Node `node` dies, and starts again with an empty disk.
void lose_disk(MovingCluster& moving, std::size_t node) {
  moving.cluster.stop(node);
  moving.cluster.wipe(node);
  moving.cluster.start(node);
  moving.cluster.connect_all();
}

// The first node loses its disk, and ten seconds later it is still nobody's member.
void check_not_named_anew(TestCluster& cluster) {
  cluster.connect_all();
  cluster.stop(0);
  cluster.wipe(0);
  cluster.start(0);
  cluster.connect_all();
  for (int i = 0; i < 40; ++i) {
    cluster.clock.advance(std::chrono::milliseconds(250));
    cluster.settle();
  }
  CHECK_FALSE(cluster.node(0).readiness().ready);
  CHECK(cluster.node(1).configuration()->epoch == Epoch{1});
}

bool is_all_settled(const Configuration& configuration) {
  return std::ranges::all_of(configuration.rows,
                             [](const SlotRow& row) { return is_settled(row); });
}

TEST_CASE("ReturnService: a member that lost its disk is filled again by itself") {
  MovingCluster moving;
  const std::size_t lost = moving.source;
  const StoreId before = moving.configuration(0).member(moving.cluster.id(lost))->store;
  lose_disk(moving, lost);
  CHECK_FALSE(moving.cluster.node(lost).readiness().ready);
  CHECK(moving.records_of(lost) == 0);
  moving.pass_slowly(seconds(20));
  CHECK(moving.cluster.node(lost).readiness().ready);
  CHECK(moving.records_of(lost) == moving.keys.size());
  const Configuration& after = moving.configuration(lost);
  CHECK(after.member(moving.cluster.id(lost))->store != before);
  CHECK(is_all_settled(after));
  CHECK(after.aims.empty());
}

TEST_CASE("ReturnService: until it is filled its answers count for nothing") {
  MovingCluster moving;
  const std::size_t lost = moving.source;
  moving.cluster.crowded.insert(moving.cluster.id(lost));  // so that nothing is filled
  lose_disk(moving, lost);
  moving.pass_slowly(seconds(10));
  const Configuration& after = moving.configuration(lost);
  const SlotRow& row = after.rows[moving.partition.value];
  CHECK(std::ranges::count(row, SlotState::Vacant, &Slot::state) == 1);
  const std::string key = moving.keys.front();
  const std::size_t asked = (lost + 1) % 4;
  ClientGet all = TestCluster::get_of(key);
  all.levels.r = Level::all();
  CHECK(moving.cluster.ask<ErrorReply>(asked, all).status.code() == StatusCode::Unavailable);
  CHECK(moving.cluster.ask<GetReply>(asked, TestCluster::get_of(key)).siblings.size() == 1);
}

TEST_CASE("ReturnService: one that is restarted on the way goes on from there") {
  MovingCluster moving;
  const std::size_t lost = moving.source;
  lose_disk(moving, lost);
  for (int i = 0; i < 8; ++i) {
    moving.pass_slowly(std::chrono::milliseconds(700));
    moving.cluster.stop(lost);
    moving.cluster.start(lost);
    moving.cluster.connect_all();
  }
  moving.pass_slowly(seconds(20));
  CHECK(moving.cluster.node(lost).readiness().ready);
  CHECK(moving.records_of(lost) == moving.keys.size());
}

TEST_CASE("ReturnService: the old disk counts for nothing once another one was named") {
  MovingCluster moving;
  const std::size_t lost = moving.source;
  moving.cluster.stop(lost);
  const auto old_disk = moving.cluster.engine(lost).entries;
  moving.cluster.wipe(lost);
  moving.cluster.start(lost);
  moving.cluster.connect_all();
  moving.pass_slowly(seconds(20));
  REQUIRE(moving.cluster.node(lost).readiness().ready);
  moving.cluster.stop(lost);
  moving.cluster.engine(lost).entries = old_disk;
  moving.cluster.start(lost);
  moving.cluster.connect_all();
  moving.pass_slowly(seconds(20));
  CHECK_FALSE(moving.cluster.node(lost).readiness().ready);
  CHECK(moving.cluster.node(lost).readiness().because.find("emptied or replaced") !=
        std::string::npos);
}

TEST_CASE("ReturnService: without a majority of the voters nobody is named anew") {
  TestCluster cluster(2, PlantedBug::None, 2);
  check_not_named_anew(cluster);
}

TEST_CASE("ReturnService: what was the only copy is not given up, and the log says so") {
  TestCluster cluster(3, PlantedBug::None, 1);
  check_not_named_anew(cluster);
}

}  // namespace
}  // namespace starling
