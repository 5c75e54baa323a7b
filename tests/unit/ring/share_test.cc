#include "ring/share.h"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "base/random.h"
#include "naive_placement.h"

namespace starling {
namespace {

using Shares = std::vector<std::uint32_t>;

TEST_CASE("Share: slots follow the weights") {
  CHECK(divide_by_weight(60, {{.weight = 1, .most = 60, .preference = 1},
                              {.weight = 2, .most = 60, .preference = 2},
                              {.weight = 3, .most = 60, .preference = 3}}) == Shares{10, 20, 30});
}

TEST_CASE("Share: what one claim may not have goes to the others") {
  CHECK(divide_by_weight(60, {{.weight = 1, .most = 60, .preference = 1},
                              {.weight = 2, .most = 60, .preference = 2},
                              {.weight = 9, .most = 15, .preference = 3}}) == Shares{15, 30, 15});
}

TEST_CASE("Share: what one claim must have is taken from the others") {
  CHECK(divide_by_weight(60, {{.weight = 1, .least = 30, .most = 60, .preference = 1},
                              {.weight = 2, .most = 60, .preference = 2},
                              {.weight = 4, .most = 60, .preference = 3}}) == Shares{30, 10, 20});
}

TEST_CASE("Share: the odd slot stays with who holds it, else goes to the greater fraction") {
  CHECK(divide_by_weight(10, {{.weight = 1, .most = 10, .held = 3, .preference = 1},
                              {.weight = 1, .most = 10, .held = 4, .preference = 2},
                              {.weight = 1, .most = 10, .held = 3, .preference = 3}}) ==
        Shares{3, 4, 3});
  CHECK(divide_by_weight(3, {{.weight = 5, .most = 3, .preference = 1},
                             {.weight = 4, .most = 3, .preference = 2}}) == Shares{2, 1});
}

bool within_bounds(const Shares& shares, const std::vector<ShareClaim>& claims) {
  for (std::size_t i = 0; i < claims.size(); ++i) {
    if (shares[i] < claims[i].least || shares[i] > claims[i].most) return false;
  }
  return true;
}

TEST_CASE("Share: random claims get all slots, each within its bounds") {
  const std::uint64_t seed = ring_test_seed();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<ShareClaim> claims;
    std::uint32_t least = 0;
    std::uint32_t most = 0;
    for (std::uint64_t i = 0; i <= random.below(20); ++i) {
      const auto low = static_cast<std::uint32_t>(random.below(20));
      const auto high = static_cast<std::uint32_t>(low + random.below(200));
      claims.push_back(
          {.weight = random.between(1, 5), .least = low, .most = high, .preference = i});
      least += low;
      most += high;
    }
    const auto total = static_cast<std::uint32_t>(random.between(least, most));
    const Shares shares = divide_by_weight(total, claims);
    CHECK(std::accumulate(shares.begin(), shares.end(), 0U) == total);
    CHECK(within_bounds(shares, claims));
  }
}

}  // namespace
}  // namespace starling
