#pragma once

// Rendezvous hashing (Thaler and Ravishankar, 1998): among several candidates for a thing, the one
// with the highest score for it. Everyone who computes it picks the same one, and a candidate that
// goes away changes nothing for the others.

#include <cstdint>

namespace starling {

// A well-mixed number of two; the finalizer is SplitMix64's (Steele, Lea, Flood 2014). Inline,
// because placement asks for millions of them.
[[nodiscard]] inline std::uint64_t rendezvous_score(std::uint64_t candidate, std::uint64_t thing) {
  // 2^64 / the golden ratio: neighbouring things land far apart.
  constexpr std::uint64_t kGoldenGamma = 0x9E3779B97F4A7C15;
  std::uint64_t z = candidate ^ ((thing + 1) * kGoldenGamma);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
  return z ^ (z >> 31U);
}

}  // namespace starling
