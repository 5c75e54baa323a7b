#include "client/link.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <netinet/in.h>  // NOLINT(misc-include-cleaner): IPPROTO_TCP
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "starling/status.h"

#include "base/assert.h"
#include "client/endpoint.h"
#include "client/session.h"
#include "client/socket_address.h"
#include "message/client_messages.h"

// The C library spreads the names of its public headers over internal ones.
// NOLINTBEGIN(misc-include-cleaner)
namespace starling {
namespace {

// One busy server must not keep the others waiting for their turn.
constexpr int kReadsPerTurn = 16;
// Of a connection that takes no more bytes everything is read that it still holds: more than the
// system's receive buffers, which end at some megabytes.
constexpr std::size_t kLastReadBytes = std::size_t{64} << 10U;
constexpr int kLastReadsMax = 1024;
// One huge value must not cost its memory for the rest of the connection's life.
constexpr std::size_t kKeptCapacityBytes = std::size_t{1} << 20U;

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

// A server that has no room says so; bytes that are none of its messages are a failure.
Status as_told(const Status& why) {
  return {is_retryable(why.code()) ? why.code() : StatusCode::Failure, why.message()};
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Link::Link(const Endpoint& endpoint, const std::string& cluster, std::function<void()> resolved)
    : session_(cluster) {
  const std::optional<SocketAddress> literal = literal_address(endpoint);
  if (!literal.has_value()) {
    lookup_ = std::make_unique<NameLookup>(endpoint, std::move(resolved));
    return;
  }
  addresses_.push_back(*literal);
  connect_next();
}

Link::~Link() {
  close();
}

bool Link::wants_to_write() const {
  return state_ == State::Connecting || outgoing_begin_ < outgoing_.size();
}

void Link::on_resolved() {
  if (state_ != State::Resolving || lookup_ == nullptr) return;
  auto found = lookup_->take();
  if (!found.has_value()) return;
  lookup_.reset();
  if (!found->ok()) return break_off(found->status());
  addresses_ = *std::move(*found);
  std::ranges::reverse(addresses_);
  connect_next();
}

void Link::on_writable() {
  if (state_ != State::Connecting) return flush();
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0) return greet();
  last_error_ = error;
  connect_next();
}

void Link::on_readable(std::span<char> buffer) {
  read(buffer, kReadsPerTurn);
}

void Link::read(std::span<char> buffer, int reads_max) {
  if (state_ != State::Greeting && state_ != State::Open) return;
  for (int reads = 0; reads < reads_max; ++reads) {
    const ssize_t count = recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (count < 0 && would_block(errno)) return;
    if (count <= 0) {
      const std::string how = count == 0 ? "it closed the connection" : reason_of(errno);
      const bool early = state_ == State::Greeting;
      return break_off(Status(StatusCode::Unreachable,
                              how + (early ? " before it greeted" : " before it answered")));
    }
    session_.receive({buffer.data(), static_cast<std::size_t>(count)});
    if (session_.state() == Session::State::Broken) {
      return break_off(as_told(session_.why_broken()));
    }
    if (session_.state() == Session::State::Open) state_ = State::Open;
    if (static_cast<std::size_t>(count) < buffer.size()) return;
  }
}

std::uint64_t Link::queue(std::uint64_t number, const ClientRequest& request) {
  STARLING_CHECK(state_ == State::Open);
  const std::string bytes = session_.request(number, request);
  if (bytes.empty()) return 0;
  outgoing_ += bytes;
  return sent_ + outgoing_.size() - outgoing_begin_;
}

void Link::flush() {
  if (state_ != State::Greeting && state_ != State::Open) return;
  while (outgoing_begin_ < outgoing_.size()) {
    const ssize_t count = ::send(descriptor_, outgoing_.data() + outgoing_begin_,
                                 outgoing_.size() - outgoing_begin_, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (would_block(errno)) return;
      return end_sending(errno);
    }
    outgoing_begin_ += static_cast<std::size_t>(count);
    sent_ += static_cast<std::uint64_t>(count);
  }
  outgoing_begin_ = 0;
  outgoing_.clear();
  if (outgoing_.capacity() > kKeptCapacityBytes) outgoing_ = {};
}

void Link::end_sending(int error) {
  std::vector<char> buffer(kLastReadBytes);
  read(buffer, kLastReadsMax);
  if (state_ != State::Broken) break_off(Status(StatusCode::Unreachable, reason_of(error)));
}

void Link::connect_next() {
  while (!addresses_.empty()) {
    close();
    const SocketAddress address = addresses_.back();
    addresses_.pop_back();
    state_ = State::Connecting;
    ++sockets_;
    descriptor_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    // Requests are small and wait for their answers: delaying them gains nothing.
    const int on = 1;
    if (descriptor_ == kNoDescriptor ||
        setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
      last_error_ = errno;
      continue;
    }
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address.storage);
    if (connect(descriptor_, generic, address.size) == 0) return greet();
    if (errno == EINPROGRESS) return;
    last_error_ = errno;
  }
  break_off(Status(StatusCode::Unreachable, reason_of(last_error_)));
}

void Link::greet() {
  state_ = State::Greeting;
  outgoing_ = session_.greeting();
  flush();
}

void Link::close() {
  if (descriptor_ != kNoDescriptor) ::close(descriptor_);
  descriptor_ = kNoDescriptor;
}

void Link::break_off(Status why) {
  state_ = State::Broken;
  why_ = std::move(why);
  close();
}

}  // namespace starling
// NOLINTEND(misc-include-cleaner)
