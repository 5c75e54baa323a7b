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
  // Processor time that this process has used, in all its threads. Zero where time is virtual.
  [[nodiscard]] virtual Duration cpu_used() const { return {}; }
};

}  // namespace starling
