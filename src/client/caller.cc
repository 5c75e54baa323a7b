#include "client/caller.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <sys/random.h>

#include "starling/client.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "client/connection.h"
#include "client/endpoint.h"
#include "client/exchange.h"
#include "client/socket.h"
#include "message/client_messages.h"

namespace starling {
namespace {

// Two clients with one nonce would take each other's writes for replays of their own.
Hash128 random_nonce() {
  std::array<std::uint64_t, 2> random{};
  STARLING_CHECK(getrandom(random.data(), sizeof(random), 0) == sizeof(random));
  return {.high = random[0], .low = random[1]};
}

// An equal share of what is left, for this turn and each of those to come: a host that swallows
// packets must not use up the time of those that answer.
Deadline share_of(Deadline deadline, std::size_t turns_left) {
  const Deadline now = std::chrono::steady_clock::now();
  return now + (deadline - now) / (turns_left + 1);
}

}  // namespace

Client::Caller::Caller(ClientOptions options)
    : options_(std::move(options)), nonce_(random_nonce()) {
  STARLING_CHECK(!options_.endpoints.empty());
}

Result<ClientReply> Client::Caller::call(const ClientRequestBody& request,
                                         std::chrono::milliseconds timeout) {
  const Deadline deadline = std::chrono::steady_clock::now() + timeout;
  const std::size_t turns = options_.endpoints.size();
  const std::size_t first = current_;
  Status failure;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    const std::size_t endpoint = (first + turn) % turns;
    Exchange exchange = attempt(request, endpoint, turns - turn - 1, deadline);
    Conclusion conclusion = conclude(request, exchange);
    if (exchange.outcome == ExchangeOutcome::Answered) current_ = endpoint;
    if (conclusion.status.ok() && exchange.reply.has_value()) return *std::move(exchange.reply);
    if (!conclusion.may_try_next) return conclusion.status;
    failure = more_telling(std::move(failure), std::move(conclusion.status));
    if (std::chrono::steady_clock::now() >= deadline) break;
  }
  if (failure.code() != StatusCode::Unreachable) return failure;
  return Status(StatusCode::Unreachable, "no server could be reached: " + failure.message());
}

RequestId Client::Caller::next_request_id() {
  return {.client = nonce_, .counter = ++requests_};
}

Exchange Client::Caller::attempt(const ClientRequestBody& request, std::size_t endpoint,
                                 std::size_t turns_left, Deadline deadline) {
  const Deadline share = share_of(deadline, turns_left);
  const Status connected = connect(endpoint, share);
  if (!connected.ok() || !connection_.has_value()) {
    return {.outcome = ExchangeOutcome::NotSent, .problem = connected, .reply = std::nullopt};
  }
  // Only a read may be asked a second time, so only a read must leave time for that.
  Exchange exchange = connection_->exchange(request, is_write(request) ? deadline : share);
  // What comes late on this connection would be taken for the answer to another request.
  if (exchange.outcome != ExchangeOutcome::Answered) connection_.reset();
  return exchange;
}

Status Client::Caller::connect(std::size_t endpoint, Deadline deadline) {
  if (connection_.has_value() && connected_to_ == endpoint && !connection_->is_stale()) {
    return Status::success();
  }
  connection_.reset();
  STARLING_ASSIGN_OR_RETURN(parsed, const Endpoint address,
                            parse_endpoint(options_.endpoints[endpoint]));
  STARLING_ASSIGN_OR_RETURN(opened, connection_,
                            Connection::open(address, options_.cluster, deadline));
  connected_to_ = endpoint;
  return Status::success();
}

}  // namespace starling
