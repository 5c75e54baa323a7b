#include "sim/sim_member.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "base/time.h"
#include "node/node.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::seconds;

TEST_CASE("SimMember: each start has a number of its own") {
  SmallCluster small;
  const std::uint64_t first = small.cluster.member(0).boot();
  small.cluster.stop(0, SimMember::Power::Stays);
  CHECK(small.cluster.member(0).boot() == 0);
  CHECK(small.cluster.member(0).node() == nullptr);
  small.cluster.start(0);
  CHECK(small.cluster.member(0).boot() == first + 1);
}

TEST_CASE("SimMember: what comes during a pause is handled behind it, in order") {
  SmallCluster small;
  SimMember& member = small.cluster.member(0);
  std::string order;
  member.pause(seconds(3));
  member.perform([&order](Node&) { order += 'a'; });
  member.perform([&order](Node&) { order += 'b'; });
  CHECK(order.empty());
  CHECK(member.was_paused_since(small.events.now()));
  small.wait(seconds(3));
  CHECK(order == "ab");
  member.perform([&order](Node&) { order += 'c'; });
  CHECK(order == "abc");
}

TEST_CASE("SimMember: a clock that jumps shows another time than the queue") {
  SmallCluster small;
  SimMember& member = small.cluster.member(0);
  const WallTime before = member.clock().wall_now();
  member.clock().jump_forward(seconds(5));
  CHECK(member.clock().now() == small.events.now() + seconds(5));
  CHECK(member.clock().virtual_time_of(member.clock().now()) == small.events.now());
  member.clock().set_wall_error(seconds(-60));
  CHECK(member.clock().wall_now().milliseconds == before.milliseconds - 60'000);
}

}  // namespace
}  // namespace starling::sim
