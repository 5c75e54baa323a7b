#include "net/loop_lag.h"

#include <chrono>
#include <thread>

#include <doctest/doctest.h>

#include "base/histogram.h"
#include "loop_fixture.h"
#include "net/uv_timer.h"

namespace starling {
namespace {

TEST_CASE("LoopLag: says nothing before it was started, then once an interval") {
  LoopFixture fixture;
  LoopLag lag(fixture.loop, fixture.clock);
  CHECK(lag.lags().count() == 0);
  lag.start();
  CHECK(fixture.run_until([&] { return lag.lags().count() == 2; }));
}

TEST_CASE("LoopLag: a turn that takes long is seen as what others waited for it") {
  LoopFixture fixture;
  LoopLag lag(fixture.loop, fixture.clock);
  lag.start();
  constexpr auto kStall = std::chrono::milliseconds(300);
  UvTimer stall(fixture.loop, fixture.clock, [&] { std::this_thread::sleep_for(kStall); });
  stall.arm(fixture.clock.now());
  REQUIRE(fixture.run_until([&] { return lag.lags().count() > 0; }));
  const auto least = Duration(kStall - LoopLag::kInterval).count();
  CHECK(lag.lags().sum() >= static_cast<std::uint64_t>(least));
}

}  // namespace
}  // namespace starling
