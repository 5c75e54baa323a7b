#include "client/connection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"
#include "client/endpoint.h"
#include "client/exchange.h"
#include "client/session.h"
#include "client/socket.h"
#include "message/client_messages.h"

namespace starling {
namespace {

// How much earlier than the caller the server gives up, so that its answer, which knows how many
// replicas were heard, is there before the caller stops waiting. At most a tenth of the time left.
constexpr Duration kAnswerMargin = std::chrono::milliseconds(50);

constexpr std::size_t kReceiveBytes = std::size_t{64} << 10U;

std::string name_of(const Endpoint& endpoint) {
  return endpoint.host + ":" + endpoint.port;
}

Duration remaining_until(Deadline deadline) {
  return std::max(Duration::zero(), std::chrono::duration_cast<Duration>(
                                        deadline - std::chrono::steady_clock::now()));
}

Duration server_time(Deadline deadline) {
  const Duration remaining = remaining_until(deadline);
  return remaining - std::min(kAnswerMargin, remaining / 10);
}

}  // namespace

Result<Connection> Connection::open(const Endpoint& endpoint, const std::string& cluster,
                                    Deadline deadline) {
  STARLING_ASSIGN_OR_RETURN(connected, Socket socket, Socket::connect(endpoint, deadline));
  Connection connection(std::move(socket), Session(cluster), name_of(endpoint));
  STARLING_RETURN_IF_ERROR(connection.greet(deadline));
  return connection;
}

Status Connection::greet(Deadline deadline) {
  SocketOutcome outcome = socket_.send(session_.greeting(), deadline);
  while (outcome == SocketOutcome::Done && session_.state() == Session::State::Greeting) {
    outcome = receive_some(deadline);
  }
  if (session_.state() == Session::State::Open) return Status::success();
  if (session_.state() == Session::State::Broken) {
    return {StatusCode::Failure, name_ + ": " + session_.why_broken().message()};
  }
  const bool silent = outcome == SocketOutcome::TimedOut;
  return {StatusCode::Unreachable,
          name_ + (silent ? ": connected, but it does not answer" : ": it closed the connection")};
}

Exchange Connection::exchange(const ClientRequestBody& request, Deadline deadline) {
  const std::uint64_t number = ++requests_;
  const std::string bytes =
      session_.request(number, {.remaining = server_time(deadline), .body = request});
  if (bytes.empty()) {
    return failed(ExchangeOutcome::NotSent, StatusCode::TooLarge,
                  "the request is too large to send");
  }
  const SocketOutcome sent = socket_.send(bytes, deadline);
  if (sent != SocketOutcome::Done) {
    return failed(ExchangeOutcome::NotSent, StatusCode::Unreachable,
                  "the connection broke while sending");
  }
  return await_answer(number, deadline);
}

Exchange Connection::await_answer(std::uint64_t number, Deadline deadline) {
  while (true) {
    if (std::optional<ClientReply> reply = session_.take_reply(number)) {
      return {.outcome = ExchangeOutcome::Answered, .problem = {}, .reply = std::move(reply)};
    }
    if (session_.state() == Session::State::Broken) {
      return failed(ExchangeOutcome::NoAnswer, StatusCode::Unavailable,
                    session_.why_broken().message());
    }
    const SocketOutcome outcome = receive_some(deadline);
    if (outcome == SocketOutcome::TimedOut) {
      return failed(ExchangeOutcome::NoAnswer, StatusCode::Unavailable, "no answer in time");
    }
    if (outcome == SocketOutcome::Broken) {
      return failed(ExchangeOutcome::NoAnswer, StatusCode::Unavailable,
                    "the connection broke before the answer");
    }
  }
}

SocketOutcome Connection::receive_some(Deadline deadline) {
  std::array<char, kReceiveBytes> buffer;
  std::size_t received = 0;
  const SocketOutcome outcome = socket_.receive(buffer, deadline, received);
  if (outcome == SocketOutcome::Done) {
    session_.receive(std::string_view(buffer.data(), received));
  }
  return outcome;
}

Exchange Connection::failed(ExchangeOutcome outcome, StatusCode code,
                            const std::string& problem) const {
  return {
      .outcome = outcome, .problem = Status(code, name_ + ": " + problem), .reply = std::nullopt};
}

}  // namespace starling
