#include "bench/zipfian.h"

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "base/random.h"

namespace starling::bench {
namespace {

TEST_CASE("Zipfian: each rank is drawn as often as its weight says") {
  constexpr std::uint64_t kItems = 1000;
  constexpr int kDraws = 400'000;
  const Zipfian zipfian(kItems);
  Random random(1);
  std::vector<int> drawn(kItems);
  for (int draw = 0; draw < kDraws; ++draw) ++drawn.at(zipfian.draw(random));
  double zeta = 0;
  for (std::uint64_t item = 1; item <= kItems; ++item) {
    zeta += 1 / std::pow(static_cast<double>(item), Zipfian::kTheta);
  }
  // The method is exact for the first two ranks, and an approximation behind them.
  CHECK(drawn[0] == doctest::Approx(kDraws / zeta).epsilon(0.02));
  CHECK(drawn[1] == doctest::Approx(kDraws / zeta / std::pow(2, 0.99)).epsilon(0.02));
  int upper_half = 0;
  double expected = 0;
  for (std::uint64_t rank = kItems / 2; rank < kItems; ++rank) {
    upper_half += drawn[rank];
    expected += kDraws / zeta / std::pow(static_cast<double>(rank + 1), 0.99);
  }
  CHECK(upper_half == doctest::Approx(expected).epsilon(0.05));
}

TEST_CASE("Zipfian: one that has grown draws as one that was made that large") {
  Zipfian grown(10);
  grown.grow(500);
  grown.grow(20);
  const Zipfian made(500);
  CHECK(grown.items() == 500);
  Random one(3);
  Random other(3);
  for (int draw = 0; draw < 1000; ++draw) CHECK(grown.draw(one) == made.draw(other));
}

TEST_CASE("Zipfian: the fewest items are drawn as well") {
  Random random(4);
  for (const std::uint64_t items : std::vector<std::uint64_t>{1, 2, 3}) {
    const Zipfian zipfian(items);
    std::set<std::uint64_t> drawn;
    for (int draw = 0; draw < 1000; ++draw) drawn.insert(zipfian.draw(random));
    CHECK(drawn.size() == items);
    CHECK(*drawn.rbegin() == items - 1);
  }
}

TEST_CASE("Zipfian: scrambled ranks stay within the items and are spread over them") {
  std::set<std::uint64_t> places;
  for (std::uint64_t rank = 0; rank < 1000; ++rank) {
    const std::uint64_t place = scrambled(rank, 1000);
    CHECK(place < 1000);
    places.insert(place);
  }
  // Of a random function 1 - 1/e are hit.
  CHECK(places.size() > 580);
  CHECK(scrambled(0, 1000) != 0);
}

}  // namespace
}  // namespace starling::bench
