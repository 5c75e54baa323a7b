#pragma once

// SystemClock: the machine's time. Monotonic time is CLOCK_BOOTTIME, which goes on while the
// machine sleeps: a node that wakes up must know that its deadlines have passed.

#include "base/time.h"
#include "env/clock.h"

namespace starling {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] WallTime wall_now() const override;
  [[nodiscard]] Duration cpu_used() const override;
};

}  // namespace starling
