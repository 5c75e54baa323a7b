#pragma once

// Call: one request as a caller hands it to a client, and what it is told in the end.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <variant>

#include "starling/options.h"
#include "starling/result.h"

#include "base/time.h"
#include "message/client_messages.h"

namespace starling {

struct Call {
  // Called exactly once.
  using Done = std::function<void(Result<ClientReply>)>;

  ClientRequest request;  // `remaining` is filled in when it is sent
  Instant deadline;
  Retry retry = Retry::Safe;
  Done done;
};

// What a call holds in memory until it is answered, roughly: what bounds are counted in.
[[nodiscard]] std::size_t bytes_of(const ClientRequestBody& request);
// The key that a request is about; nullptr: it is about none.
[[nodiscard]] const KeyAddress* address_of(const ClientRequestBody& request);

}  // namespace starling
