#pragma once

// Backoff: how long to wait before the next attempt. Doubles from 50 ms to 2 s; each wait is drawn
// from the upper half of its step, so that many nodes do not dial a restarted one in the same
// moment, and a peer that is back is found within 2 s.

#include <chrono>

#include "base/random.h"
#include "base/time.h"

namespace starling {

class Backoff {
 public:
  static constexpr Duration kFirst = std::chrono::milliseconds(50);
  static constexpr Duration kLongest = std::chrono::seconds(2);

  explicit Backoff(const Random& random) : random_(random) {}

  [[nodiscard]] Duration next();
  // After a success: the next failure starts over.
  void reset() { step_ = kFirst; }

 private:
  Random random_;
  Duration step_ = kFirst;
};

}  // namespace starling
