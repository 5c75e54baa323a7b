#include "net/uv_dial.h"

#include <memory>
#include <string>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <uv.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "net/host_port.h"
#include "net/uv_handle.h"
#include "net/uv_loop.h"

namespace starling {
namespace {

Status dial_failure(int code) {
  return {StatusCode::Unreachable, uv_error_text(code)};
}

}  // namespace

// libuv writes into the requests until their callbacks have run, whatever became of the UvDial; so
// the callbacks own the attempt, and `dial` is null when nobody waits any more.
struct UvDial::Attempt {
  UvDial* dial = nullptr;
  uv_getaddrinfo_t resolution{};
  uv_connect_t connection{};
  UvTcp socket;

  int connect(uv_loop_t* loop, const sockaddr* address) {
    socket.reset(new uv_tcp_t{});
    STARLING_CHECK(uv_tcp_init(loop, socket.get()) == 0);
    connection.data = this;
    return uv_tcp_connect(&connection, socket.get(), address, on_connected);
  }

  static void on_resolved(uv_getaddrinfo_t* request, int code, addrinfo* found) {
    auto* const attempt = static_cast<Attempt*>(request->data);
    const bool awaited = attempt->dial != nullptr;
    if (code == 0 && awaited) code = attempt->connect(request->loop, found->ai_addr);
    uv_freeaddrinfo(found);
    if (code != 0 || !awaited) attempt->end(dial_failure(code));  // else on_connected ends it
  }

  static void on_connected(uv_connect_t* request, int code) {
    auto* const attempt = static_cast<Attempt*>(request->data);
    if (code != 0) return attempt->end(dial_failure(code));
    attempt->end(std::move(attempt->socket));
  }

  // Tells whoever still waits, and is gone.
  void end(Result<UvTcp> result) {
    const std::unique_ptr<Attempt> self(this);
    if (dial != nullptr) dial->finish(std::move(result));
  }
};

UvDial::~UvDial() {
  if (attempt_ == nullptr) return;
  attempt_->dial = nullptr;
  uv_cancel(reinterpret_cast<uv_req_t*>(&attempt_->resolution));
  attempt_->socket.reset();  // a connection in the making ends with on_connected
}

Status UvDial::start(const HostPort& address) {
  auto attempt = std::make_unique<Attempt>();
  attempt->dial = this;
  attempt->resolution.data = attempt.get();
  sockaddr_in numeric{};
  int code = uv_ip4_addr(address.host.c_str(), address.port, &numeric);
  if (code == 0) {
    // No thread pool for what needs no look-up.
    code = attempt->connect(loop_.raw(), reinterpret_cast<const sockaddr*>(&numeric));
  } else {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    const std::string port = std::to_string(address.port);
    code = uv_getaddrinfo(loop_.raw(), &attempt->resolution, Attempt::on_resolved,
                          address.host.c_str(), port.c_str(), &hints);
  }
  if (code != 0) return dial_failure(code);
  attempt_ = attempt.release();
  return Status::success();
}

void UvDial::finish(Result<UvTcp> result) {
  attempt_ = nullptr;
  const Done done = std::move(done_);
  done(std::move(result));
}

}  // namespace starling
