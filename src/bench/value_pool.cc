#include "bench/value_pool.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "base/random.h"

namespace starling::bench {
namespace {

// So many different values.
constexpr std::size_t kSlices = 4096;

}  // namespace

ValuePool::ValuePool(std::size_t value_size, Random random) : value_size_(value_size) {
  bytes_.resize(value_size + kSlices);
  for (char& byte : bytes_) byte = static_cast<char>(random.next() & 0xFFU);
}

std::string_view ValuePool::draw(Random& random) const {
  return std::string_view(bytes_).substr(random.below(kSlices), value_size_);
}

}  // namespace starling::bench
