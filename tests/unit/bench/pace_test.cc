#include "bench/pace.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

namespace starling::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Clock::time_point kBegin{seconds(100)};

TEST_CASE("Pace: a closed loop begins whenever it is asked") {
  Pace pace;
  CHECK(pace.take(kBegin) == kBegin);
  CHECK(pace.take(kBegin) == kBegin);
  CHECK_FALSE(pace.next().has_value());
  CHECK(pace.overdue(kBegin + seconds(1000)) == 0);
}

TEST_CASE("Pace: clients take turns at a fixed rate") {
  Pace first(100, 0, 2, kBegin);
  Pace second(100, 1, 2, kBegin);
  CHECK(first.next() == kBegin);
  CHECK(second.next() == kBegin + milliseconds(10));
  CHECK(first.take(kBegin) == kBegin);
  CHECK(first.next() == kBegin + milliseconds(20));
  CHECK_FALSE(first.take(kBegin + milliseconds(19)).has_value());
}

TEST_CASE("Pace: what is taken late was intended when it was due") {
  Pace pace(1000, 0, 1, kBegin);
  const Clock::time_point late = kBegin + seconds(1);
  for (int operation = 0; operation < 3; ++operation) {
    CHECK(pace.take(late) == kBegin + milliseconds(operation));
  }
}

TEST_CASE("Pace: what was due and not taken is counted") {
  Pace pace(1000, 0, 1, kBegin);
  CHECK(pace.overdue(kBegin) == 0);
  CHECK(pace.overdue(kBegin + milliseconds(10)) == 10);
  CHECK(pace.take(kBegin + milliseconds(10)).has_value());
  CHECK(pace.overdue(kBegin + milliseconds(10)) == 9);
}

TEST_CASE("Pace: a rate that does not divide a second keeps its mean") {
  Pace pace(3, 0, 1, kBegin);
  std::uint64_t taken = 0;
  while (pace.take(kBegin + seconds(1000)).has_value()) ++taken;
  CHECK(taken >= 3000);
  CHECK(taken <= 3001);
}

}  // namespace
}  // namespace starling::bench
