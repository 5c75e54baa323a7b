#include "net/uv_listener.h"

#include <algorithm>
#include <cstdint>
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

// Connections that wait to be accepted; a cluster's nodes may all dial at once after a restart.
constexpr int kBacklog = 1024;

Status listen_failure(const HostPort& address, int code) {
  std::string message = "can not listen at " + address.to_text() + ": " + uv_error_text(code);
  if (code == UV_EADDRINUSE) message += "; stop the program that uses it, or choose another port";
  if (code == UV_EADDRNOTAVAIL) message += "; this machine has no such address";
  if (code == UV_EACCES) message += "; ports below 1024 need privileges: choose a higher one";
  return {StatusCode::Failure, std::move(message)};
}

Result<sockaddr_storage> resolve(uv_loop_t* loop, const HostPort& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  uv_getaddrinfo_t request{};
  const std::string port = std::to_string(address.port);
  const int code =
      uv_getaddrinfo(loop, &request, nullptr, address.host.c_str(), port.c_str(), &hints);
  if (code != 0) return listen_failure(address, code);
  sockaddr_storage result{};
  // The copy is as long as the family of the address says.
  const auto* const bytes = reinterpret_cast<const char*>(request.addrinfo->ai_addr);
  std::copy(bytes, bytes + request.addrinfo->ai_addrlen, reinterpret_cast<char*>(&result));
  uv_freeaddrinfo(request.addrinfo);
  return result;
}

}  // namespace

Status UvListener::listen(const HostPort& address) {
  STARLING_ASSIGN_OR_RETURN(resolved, const sockaddr_storage where, resolve(loop_.raw(), address));
  handle_.reset(new uv_tcp_t{});
  STARLING_CHECK(uv_tcp_init(loop_.raw(), handle_.get()) == 0);
  handle_->data = this;
  int code = uv_tcp_bind(handle_.get(), reinterpret_cast<const sockaddr*>(&where), 0);
  const auto on_connection = [](uv_stream_t* stream, int status) {
    static_cast<UvListener*>(stream->data)->on_connection(status);
  };
  if (code == 0) {
    code = uv_listen(reinterpret_cast<uv_stream_t*>(handle_.get()), kBacklog, on_connection);
  }
  if (code == 0) return Status::success();
  handle_.reset();
  return listen_failure(address, code);
}

std::uint16_t UvListener::port() const {
  sockaddr_storage name{};
  int size = sizeof(name);
  STARLING_CHECK(handle_ != nullptr);
  STARLING_CHECK(uv_tcp_getsockname(handle_.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
  // The port stands at the same place in sockaddr_in and sockaddr_in6.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&name)->sin_port);
}

void UvListener::on_connection(int status) {
  if (status != 0) return;  // out of descriptors, for one: libuv has turned that caller away
  UvTcp connection(new uv_tcp_t{});
  STARLING_CHECK(uv_tcp_init(loop_.raw(), connection.get()) == 0);
  auto* const listener = reinterpret_cast<uv_stream_t*>(handle_.get());
  if (uv_accept(listener, reinterpret_cast<uv_stream_t*>(connection.get())) != 0) return;
  accept_(std::move(connection));
}

}  // namespace starling
