#pragma once

// SimClock: one node's idea of the time: virtual time, moved by what the fault plan does to that
// node's clock. The monotonic clock begins anywhere, runs too fast or too slow, and only jumps
// forward (a suspended machine wakes up); the wall clock is wrong from the start and jumps either
// way.

#include <chrono>
#include <cstdint>

#include "base/time.h"
#include "env/clock.h"
#include "sim/event_queue.h"

namespace starling::sim {

// 2026-01-01T00:00:00Z: any date does, and a fixed one repeats.
inline constexpr std::int64_t kWallEpochMilliseconds = 1'767'225'600'000;

struct ClockError {
  Duration ahead{};            // of virtual time, when that begins
  std::int64_t drift_ppm = 0;  // parts per million that it runs too fast; negative: too slow
  Duration wall{};             // of the date
};

class SimClock final : public Clock {
 public:
  explicit SimClock(const EventQueue& events, ClockError error = {})
      : events_(events),
        ahead_(error.ahead),
        drift_ppm_(error.drift_ppm),
        wall_error_(error.wall) {}

  [[nodiscard]] Instant now() const override {
    const Duration passed = events_.now().time_since_epoch();
    const Duration drift =
        (passed / kMillion * drift_ppm_) + (passed % kMillion * drift_ppm_ / kMillion);
    return events_.now() + drift + ahead_;
  }
  [[nodiscard]] WallTime wall_now() const override {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    const auto passed = duration_cast<milliseconds>(events_.now().time_since_epoch() + wall_error_);
    return WallTime{kWallEpochMilliseconds + passed.count()};
  }

  // When this node's clock will show `instant`, in virtual time; rounded up, or a timer would fire
  // before it is due, and again at once.
  [[nodiscard]] Instant virtual_time_of(Instant instant) const {
    const Duration shown = (instant - ahead_).time_since_epoch();
    const std::int64_t speed = kMillion + drift_ppm_;
    const Duration rest = (shown % speed * kMillion + Duration(speed - 1)) / speed;
    return Instant((shown / speed * kMillion) + rest);
  }

  void jump_forward(Duration by) { ahead_ += by; }
  void set_wall_error(Duration error) { wall_error_ = error; }

 private:
  static constexpr std::int64_t kMillion = 1'000'000;

  const EventQueue& events_;
  Duration ahead_;
  std::int64_t drift_ppm_;
  Duration wall_error_;
};

}  // namespace starling::sim
