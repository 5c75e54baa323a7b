#include "bench/latency_histogram.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/random.h"
#include "base/time.h"

namespace starling::bench {
namespace {

// Durations of all magnitudes, from nanoseconds to a quarter of an hour.
std::vector<Duration> durations(std::uint64_t seed, int count) {
  Random random(seed);
  std::vector<Duration> drawn;
  for (int index = 0; index < count; ++index) {
    drawn.emplace_back(static_cast<Duration::rep>(random.next() >> random.between(24, 63)));
  }
  return drawn;
}

Duration exact(std::vector<Duration> all, double share) {
  std::ranges::sort(all);
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(all.size())));
  return all.at(rank - 1);
}

TEST_CASE("LatencyHistogram: every quantile is the exact one, or above it by less than 0.8 %") {
  const std::vector<Duration> all = durations(1, 10'000);
  LatencyHistogram histogram;
  for (const Duration duration : all) histogram.record(duration);
  CHECK(histogram.count() == all.size());
  CHECK(histogram.max() == exact(all, 1));
  for (const double share : {0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
    CAPTURE(share);
    const auto found = static_cast<double>(histogram.quantile(share).count());
    const auto right = static_cast<double>(exact(all, share).count());
    CHECK(found >= right);
    CHECK(found <= right * (1 + 1.0 / 128));
  }
}

TEST_CASE("LatencyHistogram: what two have counted merges into what one would have") {
  LatencyHistogram all;
  LatencyHistogram left;
  LatencyHistogram right;
  for (const Duration duration : durations(2, 3000)) {
    all.record(duration);
    (duration.count() % 2 == 0 ? left : right).record(duration);
  }
  left.merge(right);
  CHECK(left.count() == all.count());
  CHECK(left.max() == all.max());
  for (const double share : {0.1, 0.5, 0.99}) CHECK(left.quantile(share) == all.quantile(share));
}

TEST_CASE("LatencyHistogram: small durations are exact, odd ones are brought into bounds") {
  LatencyHistogram histogram;
  histogram.record(Duration(-5));
  CHECK(histogram.quantile(1) == Duration(0));
  for (Duration::rep nanoseconds = 1; nanoseconds <= 255; ++nanoseconds) {
    LatencyHistogram one;
    one.record(Duration(nanoseconds));
    one.record(Duration(1000));
    CHECK(one.quantile(0.5) == Duration(nanoseconds));
  }
  histogram.record(std::chrono::hours(1000));
  CHECK(histogram.max() == LatencyHistogram::kDurationMax);
  CHECK(histogram.quantile(1) == LatencyHistogram::kDurationMax);
}

TEST_CASE("LatencyHistogram: an empty one has nothing to say") {
  CHECK(LatencyHistogram().quantile(0.99) == Duration(0));
}

}  // namespace
}  // namespace starling::bench
