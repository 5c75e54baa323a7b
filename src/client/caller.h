#pragma once

// Client::Caller: finds an endpoint that answers a request, within the request's one deadline. What
// may be repeated elsewhere is decided in exchange.h; this file does what was decided.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/client.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/socket.h"
#include "message/client_messages.h"

namespace starling {

class Client::Caller {
 public:
  explicit Caller(ClientOptions options);

  // The answer, which is of the kind that was asked for, or the reason why there is none.
  [[nodiscard]] Result<ClientReply> call(const ClientRequestBody& request,
                                         std::chrono::milliseconds timeout);
  // call(), where the answer is a `Reply`.
  template <typename Reply>
  [[nodiscard]] Result<Reply> call_for(const ClientRequestBody& request,
                                       std::chrono::milliseconds timeout) {
    STARLING_ASSIGN_OR_RETURN(called, ClientReply reply, call(request, timeout));
    return std::get<Reply>(std::move(reply));
  }

  // A number that no other request of any client carries: replays are recognised by it.
  [[nodiscard]] RequestId next_request_id();

 private:
  // The request's turn at one endpoint; the next `turns_left` would come after it.
  [[nodiscard]] Exchange attempt(const ClientRequestBody& request, std::size_t endpoint,
                                 std::size_t turns_left, Deadline deadline);
  [[nodiscard]] Status connect(std::size_t endpoint, Deadline deadline);

  ClientOptions options_;
  std::size_t current_ = 0;  // the endpoint that answered last
  std::optional<Connection> connection_;
  std::size_t connected_to_ = 0;  // whose connection that is
  Hash128 nonce_;
  std::uint64_t requests_ = 0;
};

}  // namespace starling
