#include "base/random.h"

#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/hash.h"
#include "base/time.h"

namespace starling {
namespace {

constexpr std::uint64_t kGoldenGamma = 0x9E3779B97F4A7C15;  // 2^64 / the golden ratio, odd

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
  return z ^ (z >> 31U);
}

}  // namespace

Random Random::fork(std::string_view purpose, std::uint64_t index) const {
  return Random(mix(hash64(purpose, seed_) + index * kGoldenGamma));
}

std::uint64_t Random::next() {
  state_ += kGoldenGamma;
  return mix(state_);
}

std::uint64_t Random::below(std::uint64_t bound) {
  STARLING_CHECK(bound > 0);
  // Lemire's multiplication with rejection: uniform without a division in the usual case.
  const std::uint64_t threshold = (0 - bound) % bound;
  while (true) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(next()) * bound;
    if (static_cast<std::uint64_t>(product) >= threshold) {
      return static_cast<std::uint64_t>(product >> 64U);
    }
  }
}

std::uint64_t Random::between(std::uint64_t low, std::uint64_t high) {
  STARLING_CHECK(low <= high);
  const std::uint64_t width = high - low;
  return width == ~std::uint64_t{0} ? next() : low + below(width + 1);
}

Duration Random::between(Duration low, Duration high) {
  STARLING_CHECK(low <= high);
  const auto width = static_cast<std::uint64_t>((high - low).count());
  return low + Duration(static_cast<Duration::rep>(between(0, width)));
}

bool Random::chance_ppm(std::uint64_t parts_per_million) {
  return below(1'000'000) < parts_per_million;
}

}  // namespace starling
