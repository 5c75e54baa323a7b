#include "client/socket.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "starling/result.h"
#include "starling/status.h"

#include "client/endpoint.h"

// The C library spreads the names of its public headers over internal ones.
// NOLINTBEGIN(misc-include-cleaner)
namespace starling {
namespace {

constexpr int kNoDescriptor = -1;

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

Status unreachable(const Endpoint& endpoint, const std::string& why) {
  return {StatusCode::Unreachable, endpoint.host + ":" + endpoint.port + ": " + why};
}

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

int milliseconds_until(Deadline deadline) {
  using std::chrono::milliseconds;
  const auto left =
      std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<milliseconds::rep>(left, 0, std::numeric_limits<int>::max()));
}

SocketOutcome wait_for(int descriptor, short events, Deadline deadline) {
  while (true) {
    pollfd waiting{.fd = descriptor, .events = events, .revents = 0};
    const int ready = poll(&waiting, 1, milliseconds_until(deadline));
    if (ready > 0) return SocketOutcome::Done;
    if (ready == 0) return SocketOutcome::TimedOut;
    if (errno != EINTR) return SocketOutcome::Broken;
  }
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

Result<AddressList> addresses_of(const Endpoint& endpoint) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &wanted, &list);
  if (error != 0) return unreachable(endpoint, gai_strerror(error));
  return AddressList(list);
}

// 0, or the error that the connection attempt ended with.
int finish_connecting(int descriptor, Deadline deadline) {
  const SocketOutcome outcome = wait_for(descriptor, POLLOUT, deadline);
  if (outcome == SocketOutcome::TimedOut) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

int start_connecting(int descriptor, const addrinfo& address, Deadline deadline) {
  // Requests are small and wait for their answers: delaying them gains nothing.
  const int on = 1;
  if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) return errno;
  if (connect(descriptor, address.ai_addr, address.ai_addrlen) == 0) return 0;
  return errno == EINPROGRESS ? finish_connecting(descriptor, deadline) : errno;
}

}  // namespace

Result<Socket> Socket::connect(const Endpoint& endpoint, Deadline deadline) {
  STARLING_ASSIGN_OR_RETURN(resolved, const AddressList list, addresses_of(endpoint));
  int error = 0;
  for (const addrinfo* address = list.get(); address != nullptr; address = address->ai_next) {
    Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    error = socket.descriptor_ == kNoDescriptor
                ? errno
                : start_connecting(socket.descriptor_, *address, deadline);
    if (error == 0) return socket;
  }
  return unreachable(endpoint, reason_of(error));
}

Socket::Socket(Socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, kNoDescriptor)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this == &other) return *this;
  close();
  descriptor_ = std::exchange(other.descriptor_, kNoDescriptor);
  return *this;
}

Socket::~Socket() {
  close();
}

SocketOutcome Socket::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (!would_block(errno)) return SocketOutcome::Broken;
    const SocketOutcome outcome = wait_for(descriptor_, POLLOUT, deadline);
    if (outcome != SocketOutcome::Done) return outcome;
  }
  return SocketOutcome::Done;
}

SocketOutcome Socket::receive(std::span<char> buffer, Deadline deadline, std::size_t& received) {
  while (true) {
    const ssize_t count = recv(descriptor_, buffer.data(), buffer.size(), 0);
    received = count > 0 ? static_cast<std::size_t>(count) : 0;
    if (count > 0) return SocketOutcome::Done;
    if (count == 0 || !would_block(errno)) return SocketOutcome::Broken;
    const SocketOutcome outcome = wait_for(descriptor_, POLLIN, deadline);
    if (outcome != SocketOutcome::Done) return outcome;
  }
}

bool Socket::is_stale() const {
  char byte = 0;
  const ssize_t count = recv(descriptor_, &byte, 1, MSG_PEEK);
  return count >= 0 || !would_block(errno);
}

void Socket::close() {
  if (descriptor_ != kNoDescriptor) ::close(descriptor_);
  descriptor_ = kNoDescriptor;
}

}  // namespace starling
// NOLINTEND(misc-include-cleaner)
