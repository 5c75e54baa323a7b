#pragma once

// Two kinds of time. Instant: a node's monotonic clock, for deadlines and timers. WallTime: what
// the node believes the date to be, shown to people; no rule of the protocol depends on it.

#include <chrono>
#include <cstdint>
#include <string>

namespace starling {

using Duration = std::chrono::nanoseconds;

struct MonotonicClockTag {
  using duration =
      Duration;  // NOLINT(readability-identifier-naming): the name std::chrono asks for
  using rep = Duration::rep;
  using period = Duration::period;
  using time_point = std::chrono::time_point<MonotonicClockTag>;
};
using Instant = std::chrono::time_point<MonotonicClockTag, Duration>;

// Milliseconds since 1970-01-01 UTC.
struct WallTime {
  std::int64_t milliseconds = 0;
  friend auto operator<=>(const WallTime&, const WallTime&) = default;
};

// "2026-01-02T03:04:05.678Z".
[[nodiscard]] std::string to_iso8601(WallTime time);

}  // namespace starling
