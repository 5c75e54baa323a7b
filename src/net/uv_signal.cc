#include "net/uv_signal.h"

#include <functional>
#include <utility>

#include <uv.h>

#include "base/assert.h"
#include "net/uv_loop.h"

namespace starling {

UvSignal::UvSignal(UvLoop& loop, int number, std::function<void()> caught)
    : caught_(std::move(caught)), handle_(new uv_signal_t{}) {
  STARLING_CHECK(uv_signal_init(loop.raw(), handle_.get()) == 0);
  handle_->data = this;
  const auto on_signal = [](uv_signal_t* handle, int /*number*/) {
    static_cast<UvSignal*>(handle->data)->caught_();
  };
  STARLING_CHECK(uv_signal_start(handle_.get(), on_signal, number) == 0);
  uv_unref(reinterpret_cast<uv_handle_t*>(handle_.get()));
}

}  // namespace starling
