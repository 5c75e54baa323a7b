#include "node/latency_meter.h"

#include <chrono>

#include <doctest/doctest.h>

#include "base/time.h"

namespace starling {
namespace {

TEST_CASE("LatencyMeter: one slow request of a hundred does not count, two do") {
  LatencyMeter meter;
  for (int i = 0; i < 99; ++i) meter.note(std::chrono::microseconds(100));
  meter.note(std::chrono::seconds(1));
  // 100 us lies between 1.5 * 2^16 and 2^17 ns.
  CHECK(meter.take_p99() == std::chrono::nanoseconds(131072));
  for (int i = 0; i < 98; ++i) meter.note(std::chrono::microseconds(100));
  for (int i = 0; i < 2; ++i) meter.note(std::chrono::milliseconds(30));
  CHECK(meter.take_p99() >= std::chrono::milliseconds(30));
  CHECK(meter.take_p99() == Duration::zero());
}

TEST_CASE("LatencyMeter: each question begins anew, and nothing noted is zero") {
  LatencyMeter meter;
  meter.note(std::chrono::hours(10));
  CHECK(meter.take_p99() >= std::chrono::hours(10));
  CHECK(meter.take_p99() == Duration::zero());
  meter.note(Duration::zero());
  CHECK(meter.take_p99() == std::chrono::nanoseconds(1));
}

}  // namespace
}  // namespace starling
