#pragma once

// UvHandle: owns one libuv handle. libuv needs the handle's memory until its close callback has
// run, so letting go means: close now, free in that callback. `data` is null from then on, by which
// a late callback knows that its owner is gone.

#include <memory>

#include <uv.h>

namespace starling {

template <typename Handle>
struct CloseHandle {
  void operator()(Handle* handle) const {
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
  }
};

// Made with new_handle(), which leaves the uv_..._init call to the caller: a handle must be
// initialised before it is closed.
template <typename Handle>
using UvHandle = std::unique_ptr<Handle, CloseHandle<Handle>>;

using UvTcp = UvHandle<uv_tcp_t>;

}  // namespace starling
