#include "sim/settlement.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "base/random.h"
#include "message/client_messages.h"
#include "sim/member_orders.h"
#include "sim/sim_member.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::seconds;

struct Settled {
  void await_all() {
    settlement.await_return();
    settlement.await_fills();
    settlement.await_hints();
    settlement.await_departures(Settlement::Records::Sound);
    settlement.await_removals();
  }
  void lose_disk(std::uint32_t node) {
    small.cluster.stop(node, SimMember::Power::Fails);
    small.cluster.write_off(node);
    small.cluster.member(node).erase_disk();
  }

  SmallCluster small;
  Settlement settlement{small.events, small.cluster, small.monitors, small.marks};
};

TEST_CASE("Settlement: a cluster that owes nothing is not waited for") {
  Settled settled;
  const Instant before = settled.small.events.now();
  settled.await_all();
  CHECK(settled.settlement.violations().empty());
  CHECK(settled.small.events.now() == before);
}

TEST_CASE("Settlement: who lost its disk is waited for until it holds all again") {
  Settled settled;
  settled.lose_disk(1);
  settled.small.cluster.start(1);
  settled.await_all();
  CHECK(settled.settlement.violations().empty());
  CHECK(settled.small.marks.times("return: a lost disk's member holds all again") == 1);
}

TEST_CASE("Settlement: who lost its disk and stays away is accused") {
  Settled settled;
  settled.lose_disk(1);
  settled.await_all();
  REQUIRE(settled.settlement.violations().size() == 1);
  CHECK(settled.settlement.violations().front().checker == "not-returned");
}

TEST_CASE("Settlement: who was ordered to go is gone in the end, or the order was taken back") {
  Settled settled;
  MemberOrders orders(settled.small.events, settled.small.cluster);
  REQUIRE(orders.begin({.verb = ChangeVerb::Leave, .member = "node2"}, 0, Random(5)));
  settled.small.wait(seconds(1));
  settled.await_all();
  // It is gone, or it was taken back.
  CHECK(settled.settlement.violations().empty());
  CHECK_FALSE(settled.small.cluster.first_on_its_way_out().has_value());
}

}  // namespace
}  // namespace starling::sim
