#include "node/latency_meter.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/histogram.h"
#include "base/time.h"

namespace starling {

Duration LatencyMeter::take_p99() {
  const std::uint64_t nanoseconds = std::exchange(lately_, Histogram()).quantile(990);
  // The last bucket has no end that a Duration could hold.
  return Duration(static_cast<Duration::rep>(
      std::min(nanoseconds, static_cast<std::uint64_t>(Duration::max().count()))));
}

}  // namespace starling
