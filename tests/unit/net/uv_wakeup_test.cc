#include "net/uv_wakeup.h"

#include <atomic>
#include <chrono>
#include <thread>

#include <doctest/doctest.h>

#include "loop_fixture.h"

namespace starling {
namespace {

TEST_CASE("UvWakeup: calls before the loop looks are one wake-up") {
  LoopFixture fixture;
  int woken = 0;
  UvWakeup wakeup(fixture.loop, [&] { ++woken; });
  for (int call = 0; call < 100; ++call) wakeup.wake();
  CHECK(woken == 0);
  CHECK(fixture.run_until([&] { return woken > 0; }));
  fixture.run_for(std::chrono::milliseconds(5));
  CHECK(woken == 1);
}

TEST_CASE("UvWakeup: nothing that another thread announces is missed") {
  LoopFixture fixture;
  constexpr int kAnnouncements = 20'000;
  std::atomic<int> queued = 0;
  int taken = 0;
  UvWakeup wakeup(fixture.loop, [&] { taken = queued.load(); });
  std::thread sender([&] {
    for (int i = 0; i < kAnnouncements; ++i) {
      queued.fetch_add(1);
      wakeup.wake();
    }
  });
  CHECK(fixture.run_until([&] { return taken == kAnnouncements; }));
  sender.join();
}

}  // namespace
}  // namespace starling
