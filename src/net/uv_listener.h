#pragma once

// UvListener: accepts TCP connections at one address.

#include <cstdint>
#include <functional>

#include <uv.h>

#include "starling/status.h"

#include "net/host_port.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"

namespace starling {

class UvListener {
 public:
  // The receiver closes a connection that it does not want by dropping it.
  using Accept = std::function<void(UvTcp connection)>;

  UvListener(UvLoop& loop, Accept accept) : loop_(loop), accept_(std::move(accept)) {}

  // Port 0 takes any free one (tests). Resolves a host name, waiting for it: only at start.
  // Failure: the message names the address and, where there is one, the remedy.
  Status listen(const HostPort& address);
  void close() { handle_.reset(); }
  // The port in use. REQUIRES: listen() succeeded.
  [[nodiscard]] std::uint16_t port() const;

 private:
  void on_connection(int status);

  UvLoop& loop_;
  Accept accept_;
  UvHandle<uv_tcp_t> handle_;
};

}  // namespace starling
