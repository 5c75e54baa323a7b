#pragma once

// Zipfian: numbers of which the small are drawn far more often than the great: the k-th with a
// weight of 1 / k^0.99, as YCSB does it ("Quickly generating billion-record synthetic databases",
// Gray et al., SIGMOD 1994).

#include <cstdint>

#include "base/random.h"

namespace starling::bench {

class Zipfian {
 public:
  static constexpr double kTheta = 0.99;

  // Takes time in proportion to `items`. REQUIRES: items > 0.
  explicit Zipfian(std::uint64_t items);

  // In [0, items).
  [[nodiscard]] std::uint64_t draw(Random& random) const;
  // Makes room for more items; costs only as much as they are more. Fewer are no change.
  void grow(std::uint64_t items);
  [[nodiscard]] std::uint64_t items() const { return items_; }

 private:
  std::uint64_t items_ = 0;
  double zeta_ = 0;  // the sum of all weights
  double eta_ = 0;
};

// Spreads the popular numbers over all of [0, items), the same way each time.
[[nodiscard]] std::uint64_t scrambled(std::uint64_t rank, std::uint64_t items);

}  // namespace starling::bench
