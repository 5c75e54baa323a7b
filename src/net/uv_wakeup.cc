#include "net/uv_wakeup.h"

#include <atomic>
#include <functional>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

#include "base/assert.h"
#include "net/uv_loop.h"

namespace starling {

UvWakeup::UvWakeup(UvLoop& loop, std::function<void()> woken)
    : woken_(std::move(woken)),
      event_descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      poll_(new uv_poll_t{}) {
  STARLING_CHECK(event_descriptor_ >= 0);
  STARLING_CHECK(uv_poll_init(loop.raw(), poll_.get(), event_descriptor_) == 0);
  poll_->data = this;
  uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t* handle, int /*status*/, int /*events*/) {
    static_cast<UvWakeup*>(handle->data)->on_signal();
  });
  // Waiting for another thread does not keep a loop alive by itself.
  uv_unref(reinterpret_cast<uv_handle_t*>(poll_.get()));
}

UvWakeup::~UvWakeup() {
  poll_.reset();  // libuv must have let go of the descriptor before it is closed
  close(event_descriptor_);
}

void UvWakeup::wake() {
  if (pending_.exchange(true)) return;  // somebody woke it already, and it has not looked yet
  // It can not fail: the counter is at most 1, since pending_ lets one write through.
  STARLING_CHECK(eventfd_write(event_descriptor_, 1) == 0);
}

void UvWakeup::on_signal() {
  eventfd_t count = 0;
  if (eventfd_read(event_descriptor_, &count) != 0) return;
  // Before looking into the queue: what is queued after this line wakes the loop once more.
  pending_.exchange(false);
  woken_();
}

}  // namespace starling
