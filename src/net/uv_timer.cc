#include "net/uv_timer.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include <uv.h>

#include "base/assert.h"
#include "base/time.h"
#include "env/clock.h"
#include "net/uv_loop.h"

namespace starling {
namespace {

// libuv sleeps by CLOCK_MONOTONIC, which stands still during a suspend. Looking at our own clock at
// least this often bounds by how much a deadline is missed after one.
constexpr std::chrono::milliseconds kLongestSleep{1000};

}  // namespace

UvTimer::UvTimer(UvLoop& loop, const Clock& clock, std::function<void()> fire)
    : clock_(clock), fire_(std::move(fire)), handle_(new uv_timer_t{}) {
  STARLING_CHECK(uv_timer_init(loop.raw(), handle_.get()) == 0);
  handle_->data = this;
}

void UvTimer::arm(Instant deadline) {
  if (deadline_ == deadline) return;
  deadline_ = deadline;
  start();
}

Instant UvTimer::deadline() const {
  STARLING_CHECK(deadline_.has_value());
  return *deadline_;
}

void UvTimer::disarm() {
  deadline_.reset();
  uv_timer_stop(handle_.get());
}

void UvTimer::start() {
  using std::chrono::milliseconds;
  const Duration wait = std::max(Duration(0), deadline() - clock_.now());
  // Rounded up: a timer that fires too early fires twice.
  const auto sleep =
      std::min(std::chrono::duration_cast<milliseconds>(wait) + milliseconds(1), kLongestSleep);
  const auto on_timeout = [](uv_timer_t* handle) {
    static_cast<UvTimer*>(handle->data)->on_timeout();
  };
  uv_update_time(handle_->loop);
  uv_timer_start(handle_.get(), on_timeout, static_cast<std::uint64_t>(sleep.count()), 0);
}

void UvTimer::on_timeout() {
  if (!deadline_.has_value()) return;
  if (clock_.now() < *deadline_) return start();
  deadline_.reset();
  fire_();
}

}  // namespace starling
