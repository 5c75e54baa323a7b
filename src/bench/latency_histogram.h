#pragma once

// LatencyHistogram: counts of durations in buckets whose width grows with them, so that any
// quantile is known to within 0.8 % in a fixed 36 KiB (log-linear buckets, as HdrHistogram has
// them). Histograms of several threads merge by addition, which percentiles do not.

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace starling::bench {

class LatencyHistogram {
 public:
  // Longer ones count as this long: no request may take an hour.
  static constexpr Duration kDurationMax = std::chrono::hours(1);

  // Negative durations count as none.
  void record(Duration duration);
  void merge(const LatencyHistogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Duration max() const { return max_; }
  // The least duration that `share` of all are not above; zero when there are none.
  // REQUIRES: 0 < share <= 1.
  [[nodiscard]] Duration quantile(double share) const;

 private:
  // Each power of two is divided into so many buckets: 1/128 is the greatest error.
  static constexpr unsigned kPartBits = 7;
  static constexpr std::size_t kParts = std::size_t{1} << kPartBits;
  static constexpr unsigned kExponents = 36;  // 2^42 ns is more than kDurationMax
  static constexpr std::size_t kBuckets = kExponents * kParts;

  [[nodiscard]] static std::size_t bucket_of(std::uint64_t nanoseconds);
  // The greatest duration that falls into a bucket.
  [[nodiscard]] static std::uint64_t end_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  Duration max_{};
};

}  // namespace starling::bench
