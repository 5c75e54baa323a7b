#pragma once

// UvWakeup: how another thread wakes the loop. An own eventfd rather than uv_async_send, which in
// libuv 1.44 spins for some 29 microseconds whenever the loop is quicker than the sender.

#include <atomic>
#include <functional>

#include <uv.h>

#include "net/uv_handle.h"
#include "net/uv_loop.h"

namespace starling {

class UvWakeup {
 public:
  // `woken` runs on the loop's thread and must take everything there is to take: wake-ups that come
  // before it runs are one.
  UvWakeup(UvLoop& loop, std::function<void()> woken);
  UvWakeup(const UvWakeup&) = delete;
  UvWakeup& operator=(const UvWakeup&) = delete;
  UvWakeup(UvWakeup&&) = delete;
  UvWakeup& operator=(UvWakeup&&) = delete;
  ~UvWakeup();

  // From any thread, after what it announces is in its queue.
  void wake();

 private:
  void on_signal();

  std::function<void()> woken_;
  std::atomic<bool> pending_ = false;
  int event_descriptor_;
  UvHandle<uv_poll_t> poll_;
};

}  // namespace starling
