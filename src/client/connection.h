#pragma once

// Connection: a socket with a session on it. One request at a time.

#include <cstdint>
#include <string>

#include "starling/result.h"

#include "client/endpoint.h"
#include "client/exchange.h"
#include "client/session.h"
#include "client/socket.h"
#include "message/client_messages.h"

namespace starling {

class Connection {
 public:
  // Connects and greets. Unreachable: nobody there, or nobody that speaks. Failure: the server
  // refused this client, or is of another cluster or version.
  [[nodiscard]] static Result<Connection> open(const Endpoint& endpoint, const std::string& cluster,
                                               Deadline deadline);

  // Sends the request with the time that remains, and waits for its answer. Not to be used again
  // unless Answered.
  [[nodiscard]] Exchange exchange(const ClientRequestBody& request, Deadline deadline);

  // Whether the server closed it meanwhile.
  [[nodiscard]] bool is_stale() const { return socket_.is_stale(); }

 private:
  Connection(Socket socket, Session session, std::string name)
      : socket_(std::move(socket)), session_(std::move(session)), name_(std::move(name)) {}

  // One piece of what the server says into the session.
  [[nodiscard]] SocketOutcome receive_some(Deadline deadline);
  [[nodiscard]] Status greet(Deadline deadline);
  [[nodiscard]] Exchange await_answer(std::uint64_t number, Deadline deadline);
  [[nodiscard]] Exchange failed(ExchangeOutcome outcome, StatusCode code,
                                const std::string& problem) const;

  Socket socket_;
  Session session_;
  std::string name_;  // of the endpoint, for messages
  std::uint64_t requests_ = 0;
};

}  // namespace starling
