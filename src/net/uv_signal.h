#pragma once

// UvSignal: calls back on the loop's thread when the process gets one kind of signal.

#include <functional>

#include <uv.h>

#include "net/uv_handle.h"
#include "net/uv_loop.h"

namespace starling {

class UvSignal {
 public:
  // `number` as in <csignal>: SIGTERM, SIGINT.
  UvSignal(UvLoop& loop, int number, std::function<void()> caught);

 private:
  std::function<void()> caught_;
  UvHandle<uv_signal_t> handle_;
};

}  // namespace starling
