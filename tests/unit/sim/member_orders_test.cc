#include "sim/member_orders.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/random.h"
#include "message/client_messages.h"
#include "ring/configuration.h"
#include "sim/sim_member.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::seconds;

// So that one of three may go.
FaultPlan two_copies() {
  FaultPlan plan = small_plan();
  plan.shape.replicas = 2;
  return plan;
}

ChangeOrder leave_node2() {
  return {.verb = ChangeVerb::Leave, .member = "node2"};
}

TEST_CASE("MemberOrders: a member leaves, by the requests of the tool") {
  SmallCluster small(two_copies());
  MemberOrders orders(small.events, small.cluster);
  REQUIRE(orders.begin(leave_node2(), 0, Random(1)));
  CHECK(orders.is_under_way());
  CHECK_FALSE(orders.begin(leave_node2(), 0, Random(2)));
  small.wait(seconds(20));
  CHECK_FALSE(orders.is_under_way());
  CHECK(small.marks.times("members: a change was staged") == 1);
  CHECK(small.marks.times("members: a plan was committed") == 1);
  small.wait(seconds(120));
  CHECK(small.cluster.has_left(2));
  CHECK_FALSE(small.cluster.first_on_its_way_out().has_value());
  CHECK(small.monitors.violations().empty());
}

TEST_CASE("MemberOrders: so few members stay that none is let go") {
  SmallCluster small(two_copies());
  MemberOrders orders(small.events, small.cluster);
  REQUIRE(orders.begin(leave_node2(), 0, Random(1)));
  small.wait(seconds(20));
  CHECK_FALSE(orders.begin({.verb = ChangeVerb::Leave, .member = "node1"}, 0, Random(2)));
}

TEST_CASE("MemberOrders: gives up where no majority is there, and when it is told to") {
  SmallCluster small(two_copies());
  MemberOrders orders(small.events, small.cluster);
  small.cluster.stop(1, SimMember::Power::Stays);
  small.cluster.stop(2, SimMember::Power::Stays);
  REQUIRE(orders.begin(leave_node2(), 0, Random(1)));
  small.wait(seconds(200));
  CHECK_FALSE(orders.is_under_way());
  REQUIRE(orders.begin(leave_node2(), 0, Random(2)));
  orders.stop();
  CHECK_FALSE(orders.is_under_way());
}

}  // namespace
}  // namespace starling::sim
