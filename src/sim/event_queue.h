#pragma once

// EventQueue: virtual time. Events run in the order of their instants, those of one instant in the
// order in which they were posted, and the time between two events costs nothing. The whole
// simulated cluster runs in one such queue (the idea is FoundationDB's).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/time.h"

namespace starling::sim {

class EventQueue {
 public:
  using Action = std::function<void()>;

  // Virtual time begins at zero; every simulated clock counts from here.
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::uint64_t executed() const { return executed_; }
  [[nodiscard]] std::size_t pending() const { return heap_.size(); }

  // An instant that has passed means now.
  void at(Instant when, Action action);
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  // Runs the next event, if there is one before or at `limit`.
  bool run_next(Instant limit);
  // Runs all that happens until `limit`, which is the time afterwards.
  void run_until(Instant limit);

 private:
  struct Event {
    Instant at;
    std::uint64_t sequence = 0;
    Action action;
  };
  // A heap's top is its greatest element: the earliest event must compare as the greatest.
  static bool is_later(const Event& left, const Event& right);

  Instant now_;
  std::uint64_t posted_ = 0;
  std::uint64_t executed_ = 0;
  std::vector<Event> heap_;
};

}  // namespace starling::sim
