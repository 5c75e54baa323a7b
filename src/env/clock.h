#pragma once

// Clock: the one way to the time. The daemon's goes on during a suspend (CLOCK_BOOTTIME), so that a
// node that slept knows its deadlines passed; the simulator's is virtual.

#include "base/time.h"

namespace starling {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  Clock(Clock&&) = delete;
  Clock& operator=(Clock&&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual Instant now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
};

}  // namespace starling
