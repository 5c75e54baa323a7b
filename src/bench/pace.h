#pragma once

// Pace: when one client's operations are to begin. In a closed loop whenever the client is free; at
// a fixed rate at instants that are known beforehand, and from which latency is counted, so that a
// server that stalls is charged for everybody it kept waiting ("coordinated omission", Tene).

#include <chrono>
#include <cstdint>
#include <optional>

namespace starling::bench {

using Clock = std::chrono::steady_clock;

class Pace {
 public:
  // A closed loop.
  Pace() = default;
  // `rate` operations a second, of all clients together; this is number `client` of `clients`,
  // which take turns. REQUIRES: rate > 0, client < clients.
  Pace(double rate, std::uint32_t client, std::uint32_t clients, Clock::time_point begin);

  // The intended beginning of the next operation, where that has come; then it is used up.
  [[nodiscard]] std::optional<Clock::time_point> take(Clock::time_point now);
  // When the next is due; nothing: at once.
  [[nodiscard]] std::optional<Clock::time_point> next() const;
  // How many are due before `end`, and were not taken.
  [[nodiscard]] std::uint64_t overdue(Clock::time_point end) const;

 private:
  double interval_ns_ = 0;  // between two operations of this client; 0: a closed loop
  double first_ns_ = 0;     // from begin_
  std::uint64_t taken_ = 0;
  Clock::time_point begin_;
};

}  // namespace starling::bench
