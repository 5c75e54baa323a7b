#include "bench/zipfian.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/assert.h"
#include "base/random.h"

namespace starling::bench {
namespace {

// In [0, 1), all 53 bits of a double.
double unit_of(Random& random) {
  return static_cast<double>(random.next() >> 11U) * 0x1p-53;
}

}  // namespace

Zipfian::Zipfian(std::uint64_t items) {
  STARLING_CHECK(items > 0);
  grow(items);
}

void Zipfian::grow(std::uint64_t items) {
  if (items <= items_) return;
  for (std::uint64_t item = items_ + 1; item <= items; ++item) {
    zeta_ += 1 / std::pow(static_cast<double>(item), kTheta);
  }
  items_ = items;
  const double zeta_of_two = 1 + std::pow(0.5, kTheta);
  const double share_of_two = 2 / static_cast<double>(items);
  eta_ = (1 - std::pow(share_of_two, 1 - kTheta)) / (1 - zeta_of_two / zeta_);
}

std::uint64_t Zipfian::draw(Random& random) const {
  const double u = unit_of(random);
  const double weight = u * zeta_;
  if (weight < 1) return 0;
  if (weight < 1 + std::pow(0.5, kTheta)) return std::min<std::uint64_t>(1, items_ - 1);
  const double rank = static_cast<double>(items_) * std::pow(eta_ * u - eta_ + 1, 1 / (1 - kTheta));
  return std::min(static_cast<std::uint64_t>(rank), items_ - 1);
}

// FNV-1a over the eight bytes, as YCSB's ScrambledZipfianGenerator has it.
std::uint64_t scrambled(std::uint64_t rank, std::uint64_t items) {
  constexpr std::uint64_t kOffsetBasis = 0xCBF29CE484222325U;
  constexpr std::uint64_t kPrime = 1'099'511'628'211U;
  std::uint64_t hash = kOffsetBasis;
  for (unsigned byte = 0; byte < 8; ++byte) {
    hash ^= (rank >> (8 * byte)) & 0xFFU;
    hash *= kPrime;
  }
  return hash % items;
}

}  // namespace starling::bench
