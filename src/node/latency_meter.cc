#include "node/latency_meter.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace starling {

void LatencyMeter::note(Duration latency) {
  const std::int64_t microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
  const auto width = static_cast<std::size_t>(
      std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(microseconds, 0))));
  ++counts_.at(std::min(width, kBuckets - 1));
  ++total_;
}

Duration LatencyMeter::take_p99() {
  const std::uint64_t total = total_;
  std::uint64_t above = 0;
  Duration p99{};
  for (std::size_t bucket = kBuckets; bucket > 0 && total > 0; --bucket) {
    above += counts_.at(bucket - 1);
    if (above * 100 <= total) continue;
    p99 = std::chrono::microseconds(std::uint64_t{1} << (bucket - 1));
    break;
  }
  counts_.fill(0);
  total_ = 0;
  return p99;
}

}  // namespace starling
