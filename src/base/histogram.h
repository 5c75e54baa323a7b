#pragma once

// Histogram: how often values of each size came, with two buckets for each doubling, so that a
// quantile is known to a third of itself. Recording costs a few nanoseconds and never allocates;
// histograms of several places can be added up. Not for what must be exact: no value is kept.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace starling {

class Histogram {
 public:
  // Bucket 2k ends at 1.5 * 2^k, bucket 2k+1 at 2^(k+1), both inclusive; below, one ends at 1 and
  // one at 2.
  static constexpr std::size_t kBuckets = 128;

  void record(std::uint64_t value) {
    ++counts_[bucket_of(value)];
    sum_ += value;
  }
  // In nanoseconds; a negative one, from a clock that was set back, counts as zero.
  void record(Duration duration) {
    record(duration.count() < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(duration.count()));
  }
  void add(const Histogram& other);

  [[nodiscard]] static constexpr std::size_t bucket_of(std::uint64_t value) {
    if (value <= 1) return 0;
    const std::uint64_t below = value - 1;
    const auto octave = static_cast<std::size_t>(std::bit_width(below)) - 1;
    if (octave == 0) return 1;
    return 2 * octave + static_cast<std::size_t>((below >> (octave - 1)) & 1U);
  }
  // The greatest value that the bucket holds.
  [[nodiscard]] static std::uint64_t bound_of(std::size_t bucket);

  // The greatest value of the bucket that `per_mille` of a thousand values are not above; zero when
  // there are none. REQUIRES: per_mille <= 1000.
  [[nodiscard]] std::uint64_t quantile(std::uint64_t per_mille) const;

  [[nodiscard]] std::uint64_t count_in(std::size_t bucket) const { return counts_[bucket]; }
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t sum_ = 0;
};

}  // namespace starling
