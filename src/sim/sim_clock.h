#pragma once

// SimClock: one node's idea of the time: virtual time, moved by what the fault plan does to that
// node's clock. The monotonic clock only jumps forward (a suspended machine wakes up); the wall
// clock is wrong from the start and jumps either way.

#include <chrono>
#include <cstdint>

#include "base/time.h"
#include "env/clock.h"
#include "sim/event_queue.h"

namespace starling::sim {

// 2026-01-01T00:00:00Z: any date does, and a fixed one repeats.
inline constexpr std::int64_t kWallEpochMilliseconds = 1'767'225'600'000;

class SimClock final : public Clock {
 public:
  explicit SimClock(const EventQueue& events) : events_(events) {}

  [[nodiscard]] Instant now() const override { return events_.now() + ahead_; }
  [[nodiscard]] WallTime wall_now() const override {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    const auto passed = duration_cast<milliseconds>(events_.now().time_since_epoch() + wall_error_);
    return WallTime{kWallEpochMilliseconds + passed.count()};
  }

  // When this node's clock will show `instant`, in virtual time.
  [[nodiscard]] Instant virtual_time_of(Instant instant) const { return instant - ahead_; }

  void jump_forward(Duration by) { ahead_ += by; }
  void set_wall_error(Duration error) { wall_error_ = error; }

 private:
  const EventQueue& events_;
  Duration ahead_{};
  Duration wall_error_{};
};

}  // namespace starling::sim
