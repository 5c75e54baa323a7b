#include "net/uv_timer.h"

#include <chrono>

#include <doctest/doctest.h>

#include "base/time.h"
#include "loop_fixture.h"

namespace starling {
namespace {

TEST_CASE("UvTimer: fires once, not before its deadline") {
  LoopFixture fixture;
  int fired = 0;
  UvTimer timer(fixture.loop, fixture.clock, [&] { ++fired; });
  const Instant deadline = fixture.clock.now() + std::chrono::milliseconds(20);
  timer.arm(deadline);
  CHECK(fixture.run_until([&] { return fired > 0; }));
  CHECK(fixture.clock.now() >= deadline);
  CHECK_FALSE(timer.armed());
  fixture.run_for(std::chrono::milliseconds(20));
  CHECK(fired == 1);
}

TEST_CASE("UvTimer: a deadline in the past fires in the next turn") {
  LoopFixture fixture;
  int fired = 0;
  UvTimer timer(fixture.loop, fixture.clock, [&] { ++fired; });
  timer.arm(fixture.clock.now() - std::chrono::hours(1));
  CHECK(fired == 0);
  CHECK(fixture.run_until([&] { return fired == 1; }));
}

TEST_CASE("UvTimer: a later arm replaces an earlier one, and disarm ends it") {
  LoopFixture fixture;
  int fired = 0;
  UvTimer timer(fixture.loop, fixture.clock, [&] { ++fired; });
  timer.arm(fixture.clock.now() + std::chrono::milliseconds(5));
  timer.arm(fixture.clock.now() + std::chrono::hours(1));
  fixture.run_for(std::chrono::milliseconds(30));
  CHECK(fired == 0);
  timer.arm(fixture.clock.now() + std::chrono::milliseconds(5));
  timer.disarm();
  fixture.run_for(std::chrono::milliseconds(30));
  CHECK(fired == 0);
}

TEST_CASE("UvTimer: may arm itself again while it fires") {
  LoopFixture fixture;
  int fired = 0;
  UvTimer* self = nullptr;
  UvTimer timer(fixture.loop, fixture.clock, [&] {
    if (++fired < 3) self->arm(fixture.clock.now() + std::chrono::milliseconds(1));
  });
  self = &timer;
  timer.arm(fixture.clock.now());
  CHECK(fixture.run_until([&] { return fired == 3; }));
}

}  // namespace
}  // namespace starling
