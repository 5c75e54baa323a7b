#pragma once

// ValuePool: values of one size that do not compress, and cost no time to make: slices of random
// bytes.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/random.h"

namespace starling::bench {

class ValuePool {
 public:
  ValuePool(std::size_t value_size, Random random);
  // Valid as long as the pool.
  [[nodiscard]] std::string_view draw(Random& random) const;

 private:
  std::size_t value_size_;
  std::string bytes_;
};

}  // namespace starling::bench
