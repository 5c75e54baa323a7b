#include "bench/insert_log.h"

#include <atomic>
#include <cstdint>

#include "base/assert.h"

namespace starling::bench {

std::uint64_t InsertLog::begin() {
  under_way_.insert(next_);
  return next_++;
}

void InsertLog::end(std::uint64_t number) {
  STARLING_CHECK(under_way_.erase(number) == 1);
  const std::uint64_t first = under_way_.empty() ? next_ : *under_way_.begin();
  ended_.store(first, std::memory_order_relaxed);
}

}  // namespace starling::bench
