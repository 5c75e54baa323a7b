#include "bench/pace.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <ratio>

#include "base/assert.h"

namespace starling::bench {

Pace::Pace(double rate, std::uint32_t client, std::uint32_t clients, Clock::time_point begin)
    : interval_ns_(1e9 / rate * clients), first_ns_(1e9 / rate * client), begin_(begin) {
  STARLING_CHECK(rate > 0 && client < clients);
}

std::optional<Clock::time_point> Pace::take(Clock::time_point now) {
  const std::optional<Clock::time_point> due = next();
  if (!due.has_value()) return now;
  if (*due > now) return std::nullopt;
  ++taken_;
  return due;
}

std::optional<Clock::time_point> Pace::next() const {
  if (interval_ns_ == 0) return std::nullopt;
  // From the number of the operation, not from the one before it: rounding must not add up.
  const double offset = first_ns_ + interval_ns_ * static_cast<double>(taken_);
  return begin_ + std::chrono::nanoseconds(static_cast<std::int64_t>(offset));
}

std::uint64_t Pace::overdue(Clock::time_point end) const {
  const std::optional<Clock::time_point> due = next();
  if (!due.has_value() || *due >= end) return 0;
  const auto late = std::chrono::duration<double, std::nano>(end - *due).count();
  return static_cast<std::uint64_t>(std::ceil(late / interval_ns_));
}

}  // namespace starling::bench
