#include "sim/sim_cluster.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "sim/sim_member.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("SimCluster: founders that have met are ready") {
  SmallCluster small;
  for (std::uint32_t node = 0; node < 3; ++node) {
    CHECK(small.cluster.is_ready(node));
    CHECK(small.cluster.is_ready_for_all(node));
  }
}

TEST_CASE("SimCluster: a node that was killed comes back ready") {
  SmallCluster small;
  small.cluster.stop(1, SimMember::Power::Fails);
  CHECK(small.cluster.boot_of(1) == 0);
  CHECK_FALSE(small.cluster.is_ready(1));
  small.wait(seconds(6));
  small.cluster.start(1);
  small.wait(seconds(2));
  CHECK(small.cluster.is_ready_for_all(1));
}

TEST_CASE("SimCluster: a node that lost its disk is known to its peers, until it is named anew") {
  SmallCluster small;
  small.cluster.stop(1, SimMember::Power::Fails);
  small.cluster.write_off(1);
  small.cluster.member(1).erase_disk();
  small.cluster.start(1);
  CHECK_FALSE(small.cluster.is_ready(1));
  CHECK(small.cluster.first_lost() == 1U);
  small.wait(seconds(10));
  CHECK(small.marks.times("boot: another store was noticed") > 0);
  CHECK(small.marks.times("return: proposed") > 0);
  CHECK(small.cluster.is_ready(1));
  CHECK_FALSE(small.cluster.first_lost().has_value());
}

TEST_CASE("SimCluster: a rolled back store never counts, however often it is started") {
  SmallCluster small;
  small.cluster.stop(1, SimMember::Power::Fails);
  const SimMember::Image image = small.cluster.member(1).image();
  small.cluster.start(1);
  small.wait(seconds(5));
  CHECK(small.cluster.is_ready(1));
  small.cluster.stop(1, SimMember::Power::Fails);
  small.cluster.member(1).restore(image);
  for (int start = 0; start < 3; ++start) {
    small.cluster.start(1);
    small.wait(milliseconds(200));
    CHECK_FALSE(small.cluster.is_ready(1));
    small.cluster.stop(1, SimMember::Power::Fails);
  }
}

TEST_CASE("SimCluster: a newer epoch reaches every node, and one that was down when it is back") {
  SmallCluster small;
  small.cluster.stop(2, SimMember::Power::Stays);
  small.cluster.propose_change(0, Random(1), SimCluster::Change::Anything);
  small.wait(seconds(1));
  CHECK(small.cluster.newest_ring().epoch() == Epoch{2});
  CHECK(small.cluster.member(0).ring()->epoch() == small.cluster.newest_ring().epoch());
  CHECK(small.cluster.member(2).ring()->epoch() < small.cluster.newest_ring().epoch());
  small.cluster.start(2);
  small.wait(seconds(1));
  CHECK(small.cluster.member(2).ring()->epoch() == small.cluster.newest_ring().epoch());
}

TEST_CASE("SimCluster: a node whose disk fails ends and is started again") {
  SmallCluster small;
  small.cluster.member(0).fail_commits();
  // Whatever it writes next fails: the return of a peer must be remembered.
  small.cluster.stop(1, SimMember::Power::Stays);
  small.cluster.start(1);
  small.wait(seconds(10));
  CHECK(small.marks.times("disk: an error ended a node") == 1);
  CHECK(small.cluster.is_ready_for_all(0));
}

TEST_CASE("SimCluster: a node whose commits meet a full disk runs on and stores again by itself") {
  for (const SimEngine engine : {SimEngine::Map, SimEngine::LevelDb}) {
    FaultPlan plan = small_plan();
    plan.shape.engines.assign(plan.shape.nodes, engine);
    SmallCluster small(plan);
    small.cluster.member(0).run_short(SimMember::Shortage::CommitsFail);
    // Whatever it writes next fails: the return of a peer must be remembered.
    small.cluster.stop(1, SimMember::Power::Stays);
    small.cluster.start(1);
    small.wait(seconds(5));
    CHECK(small.marks.times("store: a commit met a full disk") == 1);
    CHECK(small.marks.times("store: opened again behind a full disk") == 0);
    CHECK_FALSE(small.cluster.member(0).node()->readiness().note.empty());
    small.cluster.member(0).make_room();
    small.wait(seconds(5));
    CHECK(small.marks.times("store: opened again behind a full disk") == 1);
    CHECK(small.marks.times("disk: an error ended a node") == 0);
    CHECK(small.cluster.member(0).node()->readiness().note.empty());
    CHECK(small.cluster.is_ready_for_all(1));
  }
}

TEST_CASE("SimCluster: a store that can not be opened again ends the node, which starts anew") {
  FaultPlan plan = small_plan();
  plan.shape.engines.assign(plan.shape.nodes, SimEngine::LevelDb);
  SmallCluster small(plan);
  SimMember& member = small.cluster.member(0);
  member.run_short(SimMember::Shortage::CommitsFail);
  small.cluster.stop(1, SimMember::Power::Stays);
  small.cluster.start(1);
  small.wait(seconds(2));
  // Of what the open reads something can not be read.
  member.damage_reads(Random(1));
  member.make_room();
  small.wait(seconds(3));
  CHECK(small.marks.times("disk: an error ended a node") == 1);
  member.heal_damage();
  small.cluster.start(0);
  small.wait(seconds(10));
  CHECK(small.cluster.is_ready_for_all(0));
}

}  // namespace
}  // namespace starling::sim
