#include "bench/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/time.h"

namespace starling::bench {

void LatencyHistogram::record(Duration duration) {
  const Duration bounded = std::clamp(duration, Duration::zero(), kDurationMax);
  ++buckets_.at(bucket_of(static_cast<std::uint64_t>(bounded.count())));
  ++count_;
  max_ = std::max(max_, bounded);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    buckets_.at(bucket) += other.buckets_.at(bucket);
  }
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

Duration LatencyHistogram::quantile(double share) const {
  STARLING_CHECK(share > 0 && share <= 1);
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    passed += buckets_.at(bucket);
    if (passed < rank || passed == 0) continue;
    return std::min(max_, Duration(static_cast<Duration::rep>(end_of(bucket))));
  }
  return {};
}

// Below 2 * kParts each bucket is one nanosecond wide, and every further power of two has kParts of
// twice the width.
std::size_t LatencyHistogram::bucket_of(std::uint64_t nanoseconds) {
  const auto width = static_cast<unsigned>(std::bit_width(nanoseconds));
  const unsigned shift = width > kPartBits + 1 ? width - kPartBits - 1 : 0;
  return (std::size_t{shift} << kPartBits) + static_cast<std::size_t>(nanoseconds >> shift);
}

std::uint64_t LatencyHistogram::end_of(std::size_t bucket) {
  if (bucket < 2 * kParts) return bucket;
  const std::size_t shift = (bucket >> kPartBits) - 1;
  const std::uint64_t part = bucket - (shift << kPartBits);
  return ((part + 1) << shift) - 1;
}

}  // namespace starling::bench
