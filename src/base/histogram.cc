#include "base/histogram.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>

#include "base/assert.h"

namespace starling {

void Histogram::add(const Histogram& other) {
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    counts_[bucket] += other.counts_[bucket];
  }
  sum_ += other.sum_;
}

std::uint64_t Histogram::bound_of(std::size_t bucket) {
  if (bucket < 2) return bucket + 1;
  if (bucket + 1 >= kBuckets) return std::numeric_limits<std::uint64_t>::max();
  const std::size_t octave = bucket / 2;
  const std::uint64_t begin = std::uint64_t{1} << octave;
  return begin + (bucket % 2 + 1) * (begin / 2);
}

std::uint64_t Histogram::quantile(std::uint64_t per_mille) const {
  STARLING_CHECK(per_mille <= 1000);
  const std::uint64_t total = count();
  if (total == 0) return 0;
  std::uint64_t up_to = 0;
  std::size_t bucket = 0;
  for (; bucket + 1 < kBuckets; ++bucket) {
    up_to += counts_[bucket];
    if (up_to * 1000 >= total * per_mille) break;
  }
  return bound_of(bucket);
}

std::uint64_t Histogram::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

}  // namespace starling
