#include "base/histogram.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include "base/random.h"
#include "base/time.h"

namespace starling {
namespace {

constexpr std::uint64_t kGreatest = std::numeric_limits<std::uint64_t>::max();

TEST_CASE("Histogram: a value lies in the first bucket whose bound is not below it") {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t value = random.next() >> (random.next() % 64U);
    CAPTURE(value);
    std::size_t naive = 0;
    while (Histogram::bound_of(naive) < value) ++naive;
    CHECK(Histogram::bucket_of(value) == naive);
  }
}

TEST_CASE("Histogram: bounds are in a bucket of their own, and what follows is in the next") {
  for (std::size_t bucket = 0; bucket + 1 < Histogram::kBuckets; ++bucket) {
    CAPTURE(bucket);
    const std::uint64_t bound = Histogram::bound_of(bucket);
    CHECK(Histogram::bucket_of(bound) == bucket);
    CHECK(Histogram::bucket_of(bound + 1) == bucket + 1);
  }
  CHECK(Histogram::bucket_of(kGreatest) == Histogram::kBuckets - 1);
  CHECK(Histogram::bound_of(Histogram::kBuckets - 1) == kGreatest);
}

TEST_CASE("Histogram: counts and adds up what was recorded") {
  Histogram first;
  first.record(std::uint64_t{3});
  first.record(std::uint64_t{0});
  Histogram second;
  second.record(std::uint64_t{3});
  first.add(second);
  CHECK(first.count() == 3);
  CHECK(first.sum() == 6);
  CHECK(first.count_in(Histogram::bucket_of(3)) == 2);
  CHECK(first.count_in(0) == 1);
}

TEST_CASE("Histogram: durations count in nanoseconds, and none is below zero") {
  Histogram histogram;
  histogram.record(Duration(std::chrono::microseconds(2)));
  histogram.record(Duration(std::chrono::seconds(-1)));
  CHECK(histogram.count() == 2);
  CHECK(histogram.sum() == 2000);
  CHECK(histogram.count_in(0) == 1);
}

TEST_CASE("Histogram: a quantile is the end of the bucket that reaches it, never below the value") {
  Histogram histogram;
  CHECK(histogram.quantile(990) == 0);
  for (int i = 0; i < 99; ++i) histogram.record(std::uint64_t{10});
  histogram.record(std::uint64_t{5000});
  CHECK(histogram.quantile(500) == 12);
  CHECK(histogram.quantile(990) == 12);
  CHECK(histogram.quantile(991) == 6144);
  CHECK(histogram.quantile(1000) == 6144);
}

}  // namespace
}  // namespace starling
