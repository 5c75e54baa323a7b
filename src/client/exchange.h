#pragma once

// What became of one request on one connection, and what a client may conclude: is it over, or may
// the request go to the next endpoint? Pure, because a wrong conclusion loses or doubles writes.

#include <cstdint>
#include <optional>

#include "starling/status.h"

#include "message/client_messages.h"

namespace starling {

enum class ExchangeOutcome : std::uint8_t {
  NotSent,   // not all of its bytes went out: no server can have understood it
  NoAnswer,  // it went out, and the connection broke or fell silent
  Answered,
};

struct Exchange {
  ExchangeOutcome outcome = ExchangeOutcome::NotSent;
  Status problem;                    // when not Answered
  std::optional<ClientReply> reply;  // when Answered
};

// Whether a request changes anything: only then is silence a doubt.
[[nodiscard]] bool is_write(const ClientRequestBody& request);

// ok when `reply` is of the kind that `request` asks for (or an error), and its values are those
// that the coordinator sent.
[[nodiscard]] Status check_reply(const ClientRequestBody& request, const ClientReply& reply);

struct Conclusion {
  Status status;  // ok: the reply is the answer
  bool may_try_next = false;
};
[[nodiscard]] Conclusion conclude(const ClientRequestBody& request, const Exchange& exchange);

// Which of two failures says more about why a call failed: that of a server, before that nobody
// could be reached.
[[nodiscard]] Status more_telling(Status first, Status second);

}  // namespace starling
