#pragma once

// LoopLag: how long what was due had to wait for its turn of the loop. A timer asks now and then,
// and how late it comes is what any event would have waited: for large reads, for scans, for the
// processor. Up to two milliseconds of it are the timer's own rounding.

#include <chrono>

#include "base/histogram.h"
#include "base/time.h"
#include "env/clock.h"
#include "net/uv_loop.h"
#include "net/uv_timer.h"

namespace starling {

class LoopLag {
 public:
  // Often enough to meet a stall of a tenth of a second for certain; ten wake-ups a second are some
  // hundredths of a percent of a core.
  static constexpr Duration kInterval = std::chrono::milliseconds(100);

  // `clock` outlives it.
  LoopLag(UvLoop& loop, const Clock& clock);

  void start();
  [[nodiscard]] const Histogram& lags() const { return lags_; }

 private:
  void on_due();

  const Clock& clock_;
  Histogram lags_;
  Instant due_;
  UvTimer timer_;
};

}  // namespace starling
