#pragma once

// Carrier: how a Dispatcher's decisions become bytes on connections. What happens on a connection
// comes back to the dispatcher later, never within one of these calls.

#include <cstdint>
#include <optional>

#include "client/endpoint.h"
#include "client/endpoint_pool.h"
#include "message/client_messages.h"

namespace starling {

class Carrier {
 public:
  Carrier() = default;
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;
  Carrier(Carrier&&) = delete;
  Carrier& operator=(Carrier&&) = delete;
  virtual ~Carrier() = default;

  // Connects and greets; on_open or on_broken follows.
  virtual void connect(ConnectionId connection, const Endpoint& endpoint) = 0;
  // Queues a request on an open connection. Says where its bytes end in all that the connection
  // sends, or nothing: it is larger than a message may be.
  [[nodiscard]] virtual std::optional<std::uint64_t> send(ConnectionId connection,
                                                          std::uint64_t number,
                                                          const ClientRequest& request) = 0;
  // Nothing more is said of that connection.
  virtual void close(ConnectionId connection) = 0;
};

}  // namespace starling
