#pragma once

// UvTimer: one deadline. The node's many deadlines lie in its own heap; its host arms one timer for
// the earliest (libuv's timers would cost a handle each).

#include <functional>
#include <optional>

#include <uv.h>

#include "base/time.h"
#include "env/clock.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"

namespace starling {

class UvTimer {
 public:
  // `fire` may arm the timer again.
  UvTimer(UvLoop& loop, const Clock& clock, std::function<void()> fire);

  // Replaces an earlier deadline. One that has passed fires in the next turn, not at once.
  void arm(Instant deadline);
  void disarm();
  [[nodiscard]] bool armed() const { return deadline_.has_value(); }
  // REQUIRES: armed().
  [[nodiscard]] Instant deadline() const;

 private:
  void start();
  void on_timeout();

  const Clock& clock_;
  std::function<void()> fire_;
  std::optional<Instant> deadline_;
  UvHandle<uv_timer_t> handle_;
};

}  // namespace starling
