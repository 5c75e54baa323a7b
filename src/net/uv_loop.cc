#include "net/uv_loop.h"

#include <cstddef>
#include <string>

#include <signal.h>
#include <uv.h>

#include "base/assert.h"

namespace starling {
namespace {

// Large enough that a busy connection's frames come as one batch, small enough for the L2 cache.
constexpr std::size_t kReadBufferBytes = 256U << 10U;

// Writing to a connection whose other side is gone must be an error, not the end of the process,
// and libuv does not ask for that. Whoever handles the signal otherwise keeps their handler.
void ignore_broken_pipes() {
  struct sigaction present{};
  if (sigaction(SIGPIPE, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) return;
  present.sa_handler = SIG_IGN;
  static_cast<void>(sigaction(SIGPIPE, &present, nullptr));
}

}  // namespace

UvLoop::UvLoop() : read_buffer_(kReadBufferBytes) {
  ignore_broken_pipes();
  STARLING_CHECK(uv_loop_init(&loop_) == 0);
}

UvLoop::~UvLoop() {
  uv_run(&loop_, UV_RUN_DEFAULT);
  STARLING_CHECK(uv_loop_close(&loop_) == 0);
}

void UvLoop::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void UvLoop::run_once() {
  uv_run(&loop_, UV_RUN_ONCE);
}

void UvLoop::stop() {
  uv_stop(&loop_);
}

std::string uv_error_text(int code) {
  return uv_strerror(code);
}

}  // namespace starling
