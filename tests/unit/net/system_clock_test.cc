#include "net/system_clock.h"

#include <chrono>

#include <doctest/doctest.h>

#include "base/time.h"

namespace starling {
namespace {

TEST_CASE("SystemClock: monotonic time never goes back") {
  const SystemClock clock;
  Instant last = clock.now();
  for (int reading = 0; reading < 1000; ++reading) {
    const Instant now = clock.now();
    REQUIRE(now >= last);
    last = now;
  }
}

TEST_CASE("SystemClock: processor time grows with work") {
  const SystemClock clock;
  const Duration before = clock.cpu_used();
  const Duration enough = before + std::chrono::milliseconds(1);
  const Instant end = clock.now() + std::chrono::seconds(10);
  while (clock.cpu_used() < enough && clock.now() < end) continue;
  CHECK(clock.cpu_used() >= enough);
}

TEST_CASE("SystemClock: the date is after this line was written") {
  CHECK(to_iso8601(SystemClock().wall_now()) > "2025");
}

}  // namespace
}  // namespace starling
