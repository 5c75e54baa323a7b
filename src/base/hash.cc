#include "base/hash.h"

#include <cstdint>
#include <string_view>

#include <xxhash.h>

namespace starling {

void Hash128::add(const Hash128& other) {
  const std::uint64_t sum = low + other.low;
  high += other.high + (sum < low ? 1U : 0U);
  low = sum;
}

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 hash128(std::string_view bytes, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return Hash128{.high = hash.high64, .low = hash.low64};
}

}  // namespace starling
