#include "net/system_clock.h"

#include <chrono>

#include <time.h>

#include "base/assert.h"
#include "base/time.h"

namespace starling {
namespace {

Duration read_clock(clockid_t clock) {
  timespec time{};
  STARLING_CHECK(clock_gettime(clock, &time) == 0);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Instant SystemClock::now() const {
  return Instant(read_clock(CLOCK_BOOTTIME));
}

WallTime SystemClock::wall_now() const {
  const Duration since_epoch = read_clock(CLOCK_REALTIME);
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

Duration SystemClock::cpu_used() const {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

}  // namespace starling
