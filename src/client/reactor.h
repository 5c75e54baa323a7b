#pragma once

// Reactor: drives a Dispatcher with real sockets and the real clock, by one epoll instance. Whoever
// calls poll() and flush() is its thread for that time; wake() is for the others.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "starling/status.h"

#include "base/random.h"
#include "base/time.h"
#include "client/carrier.h"
#include "client/dispatcher.h"
#include "client/endpoint.h"
#include "client/endpoint_pool.h"
#include "client/link.h"
#include "message/client_messages.h"

namespace starling {

class Reactor : public Carrier {
 public:
  enum class Patience : std::uint8_t { None, UntilSomethingHappens };

  Reactor(const DispatcherOptions& options, std::string cluster, const Random& random);
  ~Reactor() override;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  Reactor(Reactor&&) = delete;
  Reactor& operator=(Reactor&&) = delete;

  // Failure: the system gave it no descriptors. Nothing else may be called then.
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] static Instant now();
  [[nodiscard]] Dispatcher& dispatcher() { return dispatcher_; }

  // Takes what the sockets and the timers have, after waiting for it if asked to.
  void poll(Patience patience);
  // Sends what was queued since the last time: one system call a connection.
  void flush();
  // Ends a poll() that waits. From any thread.
  void wake() const;

  void connect(ConnectionId connection, const Endpoint& endpoint) override;
  [[nodiscard]] std::optional<std::uint64_t> send(ConnectionId connection, std::uint64_t number,
                                                  const ClientRequest& request) override;
  void close(ConnectionId connection) override;

 private:
  struct Watched {
    std::unique_ptr<Link> link;
    std::uint32_t socket = 0;  // the last that epoll was told of
    bool writes = false;       // it is watched for taking bytes too
    bool told_open = false;
    bool dirty = false;
  };

  void on_event(ConnectionId connection, std::uint32_t events);
  void on_woken();
  // Tells the dispatcher what a link has come to, and epoll what it waits for.
  void follow(ConnectionId connection);
  [[nodiscard]] bool watch(ConnectionId connection, Watched& watched) const;

  Status status_;
  std::string cluster_;
  int epoll_ = Link::kNoDescriptor;
  int wakeup_ = Link::kNoDescriptor;
  std::map<ConnectionId, Watched> links_;
  std::vector<ConnectionId> dirty_;  // something was queued, or happened within a call of Carrier
  std::vector<char> buffer_;
  Dispatcher dispatcher_;
};

}  // namespace starling
