#pragma once

// LatencyMeter: how long requests took lately, near enough to tell a slow disk from a quick one, at
// the cost of one addition a request.

#include "base/histogram.h"
#include "base/time.h"

namespace starling {

class LatencyMeter {
 public:
  void note(Duration latency) { lately_.record(latency); }
  // The 99th percentile since the last call, as a Histogram knows it; zero: nothing was noted.
  [[nodiscard]] Duration take_p99();

 private:
  Histogram lately_;
};

}  // namespace starling
