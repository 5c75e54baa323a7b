#pragma once

// LatencyMeter: how long requests took lately, in powers of two: enough to tell a slow disk from a
// quick one, at the cost of one addition a request.

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace starling {

class LatencyMeter {
 public:
  void note(Duration latency);
  // The 99th percentile since the last call, rounded up to the next power of two of microseconds;
  // zero: nothing was noted.
  [[nodiscard]] Duration take_p99();

 private:
  static constexpr std::size_t kBuckets = 32;  // the last one: over half an hour
  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace starling
