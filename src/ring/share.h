#pragma once

// Shares: how many of a number of slots each claimant gets, by weight and between its bounds
// (water-filling: who is cut at a bound leaves the rest to the others). Whole slots only; a share
// is off its exact value by less than one.

#include <cstdint>
#include <vector>

namespace starling {

struct ShareClaim {
  std::uint64_t weight = 0;  // > 0
  std::uint32_t least = 0;
  std::uint32_t most = 0;
  std::uint32_t held = 0;        // what it has now: who holds the odd slot keeps it
  std::uint64_t preference = 0;  // decides between equals, the higher first; distinct
};

// One share a claim, in their order; they add up to `total`.
// REQUIRES: the sum of `least` <= total <= the sum of `most`.
[[nodiscard]] std::vector<std::uint32_t> divide_by_weight(std::uint32_t total,
                                                          const std::vector<ShareClaim>& claims);

}  // namespace starling
