#include "client/reactor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "starling/status.h"

#include "base/assert.h"
#include "base/random.h"
#include "base/time.h"
#include "client/dispatcher.h"
#include "client/endpoint.h"
#include "client/endpoint_pool.h"
#include "client/link.h"
#include "client/session.h"
#include "message/client_messages.h"

// The C library spreads the names of its public headers over internal ones.
// NOLINTBEGIN(misc-include-cleaner)
namespace starling {
namespace {

constexpr std::size_t kReceiveBytes = std::size_t{64} << 10U;
constexpr std::size_t kEventsPerTurn = 64;
// No connection has this number.
constexpr std::uint64_t kWakeup = 0;

// -1: for ever. Rounded up, or a timer would be asked again and again in its last millisecond.
int milliseconds_until(std::optional<Instant> timer, Instant now) {
  if (!timer.has_value()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*timer - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

std::string error_text(int error) {
  return std::generic_category().message(error);
}

bool add_to(int epoll, int descriptor, std::uint32_t events, std::uint64_t number) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = number;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

}  // namespace

Reactor::Reactor(const DispatcherOptions& options, std::string cluster, const Random& random)
    : cluster_(std::move(cluster)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      buffer_(kReceiveBytes),
      dispatcher_(options, *this, random) {
  const bool ready = epoll_ != Link::kNoDescriptor && wakeup_ != Link::kNoDescriptor &&
                     add_to(epoll_, wakeup_, EPOLLIN, kWakeup);
  if (ready) return;
  status_ =
      Status(StatusCode::Failure, "the client gets no file descriptors: " + error_text(errno));
}

Reactor::~Reactor() {
  links_.clear();
  if (epoll_ != Link::kNoDescriptor) ::close(epoll_);
  if (wakeup_ != Link::kNoDescriptor) ::close(wakeup_);
}

Instant Reactor::now() {
  return Instant(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

void Reactor::poll(Patience patience) {
  const Instant before = now();
  const std::optional<Instant> timer = dispatcher_.next_timer();
  const int timeout = patience == Patience::None ? 0 : milliseconds_until(timer, before);
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
  STARLING_CHECK(count >= 0 || errno == EINTR);
  for (int index = 0; index < count; ++index) {
    const epoll_event& event = events.at(static_cast<std::size_t>(index));
    if (event.data.u64 == kWakeup) {
      on_woken();
    } else {
      on_event(ConnectionId{event.data.u64}, event.events);
    }
  }
  const Instant after = now();
  if (timer.has_value() && *timer <= after) dispatcher_.on_timer(after);
}

void Reactor::flush() {
  // What breaks here makes the dispatcher queue more, on other connections.
  while (!dirty_.empty()) {
    for (const ConnectionId connection : std::exchange(dirty_, {})) {
      const auto found = links_.find(connection);
      if (found == links_.end()) continue;
      found->second.dirty = false;
      found->second.link->flush();
      follow(connection);
    }
  }
}

void Reactor::wake() const {
  const std::uint64_t one = 1;
  // A counter that is full wakes as well.
  static_cast<void>(::write(wakeup_, &one, sizeof(one)));
}

void Reactor::connect(ConnectionId connection, const Endpoint& endpoint) {
  Watched& watched = links_[connection];
  watched.link = std::make_unique<Link>(endpoint, cluster_, [this] { wake(); });
  // It may have failed already; the dispatcher must not hear of that within this call.
  watched.dirty = true;
  dirty_.push_back(connection);
}

std::optional<std::uint64_t> Reactor::send(ConnectionId connection, std::uint64_t number,
                                           const ClientRequest& request) {
  Watched& watched = links_.at(connection);
  // It broke within this turn, and the dispatcher is about to hear of it: none of this goes out.
  if (watched.link->state() == Link::State::Broken)
    return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t end = watched.link->queue(number, request);
  if (end == 0) return std::nullopt;
  if (!std::exchange(watched.dirty, true)) dirty_.push_back(connection);
  return end;
}

void Reactor::close(ConnectionId connection) {
  links_.erase(connection);
}

void Reactor::on_event(ConnectionId connection, std::uint32_t events) {
  const auto found = links_.find(connection);
  if (found == links_.end()) return;
  Link& link = *found->second.link;
  const bool ended = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if ((events & EPOLLOUT) != 0 || (ended && link.state() == Link::State::Connecting)) {
    link.on_writable();
  }
  if ((events & EPOLLIN) != 0 || ended) link.on_readable(buffer_);
  follow(connection);
}

void Reactor::on_woken() {
  std::uint64_t count = 0;
  static_cast<void>(::read(wakeup_, &count, sizeof(count)));
  for (auto& [connection, watched] : links_) {
    if (watched.link->state() != Link::State::Resolving) continue;
    watched.link->on_resolved();
    if (!std::exchange(watched.dirty, true)) dirty_.push_back(connection);
  }
}

void Reactor::follow(ConnectionId connection) {
  Watched& watched = links_.at(connection);
  const Instant instant = now();
  // The dispatcher may close the link in each of these calls.
  if (watched.link->state() == Link::State::Open && !std::exchange(watched.told_open, true)) {
    dispatcher_.on_open(connection, instant);
    if (!links_.contains(connection)) return;
  }
  for (NumberedReply& each : watched.link->take_replies()) {
    dispatcher_.on_reply(connection, each.number, std::move(each.reply), instant);
    if (!links_.contains(connection)) return;
  }
  const bool broken = watched.link->state() == Link::State::Broken;
  if (!broken && watch(connection, watched)) return;
  const Status why =
      broken ? watched.link->why()
             : Status(StatusCode::Unreachable, "it can not be watched: " + error_text(errno));
  const std::uint64_t sent = watched.link->sent();
  links_.erase(connection);
  dispatcher_.on_broken(connection, why, sent, instant);
}

// False: the system has no room for it.
bool Reactor::watch(ConnectionId connection, Watched& watched) const {
  const Link& link = *watched.link;
  const bool writes = link.wants_to_write();
  if (link.descriptor() == Link::kNoDescriptor) return true;
  const bool known = watched.socket == link.sockets();
  if (known && writes == watched.writes) return true;
  epoll_event event{};
  event.events = EPOLLIN | (writes ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  event.data.u64 = connection.value;
  watched.socket = link.sockets();
  watched.writes = writes;
  return epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, link.descriptor(), &event) == 0;
}

}  // namespace starling
// NOLINTEND(misc-include-cleaner)
