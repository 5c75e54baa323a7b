#include "sim/sim_member.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "base/time.h"
#include "node/node.h"
#include "sim/event_queue.h"
#include "sim/sim_clock.h"
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

TEST_CASE("SimMember: a clock that drifts shows an instant no earlier than its timer fires") {
  for (const std::int64_t drift : {-10'000, -7, 0, 1, 9'999}) {
    CAPTURE(drift);
    EventQueue events;
    const SimClock clock(events, {.ahead = seconds(100), .drift_ppm = drift});
    Instant before = clock.now();
    CHECK(before == Instant(seconds(100)));
    for (std::int64_t due = 1; due < 2'000'000'000; due = (due * 7) + 3) {
      const Instant instant = Instant(seconds(100)) + Duration(due);
      events.run_until(clock.virtual_time_of(instant));
      CHECK(clock.now() >= instant);
      CHECK(clock.now() - instant < Duration(2));
      CHECK(clock.now() >= before);
      before = clock.now();
    }
  }
}

TEST_CASE("SimMember: a fast clock gains on virtual time, a slow one loses") {
  EventQueue events;
  const SimClock fast(events, {.drift_ppm = 10'000});
  const SimClock slow(events, {.drift_ppm = -10'000});
  events.run_until(Instant(seconds(100)));
  CHECK(fast.now() == Instant(seconds(101)));
  CHECK(slow.now() == Instant(seconds(99)));
}

}  // namespace
}  // namespace starling::sim
