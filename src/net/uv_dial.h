#pragma once

// UvDial: one attempt to reach an address: name resolution, then a TCP connection. Destroying it
// gives the attempt up.

#include <functional>

#include "starling/result.h"
#include "starling/status.h"

#include "net/host_port.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"

namespace starling {

class UvDial {
 public:
  // Runs once, from the loop, never within start(); may destroy the UvDial.
  using Done = std::function<void(Result<UvTcp>)>;

  UvDial(UvLoop& loop, Done done) : loop_(loop), done_(std::move(done)) {}
  UvDial(const UvDial&) = delete;
  UvDial& operator=(const UvDial&) = delete;
  UvDial(UvDial&&) = delete;
  UvDial& operator=(UvDial&&) = delete;
  ~UvDial();

  // An error that shows at once is returned, and `done` is not called then.
  // REQUIRES: called once.
  Status start(const HostPort& address);

 private:
  struct Attempt;  // lives until libuv's last callback for it
  void finish(Result<UvTcp> result);

  UvLoop& loop_;
  Done done_;
  Attempt* attempt_ = nullptr;
};

}  // namespace starling
