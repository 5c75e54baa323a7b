#pragma once

// Random: the only source of chance inside the bands that are simulated. A stream is forked by name
// from one seed, so that drawing more for one purpose changes nothing for another, and a run can be
// repeated from its seed on every machine (no std::*_distribution: their results differ).

#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace starling {

// The generator is SplitMix64 (Steele, Lea, Flood 2014): a counter through a mixing function.
class Random {
 public:
  explicit Random(std::uint64_t seed) : seed_(seed), state_(seed) {}

  // A stream of its own for `purpose`; the same name from the same stream gives the same stream,
  // however much was drawn from this one in between.
  [[nodiscard]] Random fork(std::string_view purpose, std::uint64_t index = 0) const;

  [[nodiscard]] std::uint64_t next();
  // Uniform in [0, bound). REQUIRES: bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  // Uniform in [low, high]. REQUIRES: low <= high.
  [[nodiscard]] std::uint64_t between(std::uint64_t low, std::uint64_t high);
  [[nodiscard]] Duration between(Duration low, Duration high);
  // True once in `parts_per_million` of a million draws.
  [[nodiscard]] bool chance_ppm(std::uint64_t parts_per_million);

 private:
  std::uint64_t seed_;  // what forks derive from, untouched by draws
  std::uint64_t state_;
};

}  // namespace starling
