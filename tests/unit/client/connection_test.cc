#include "client/connection.h"

#include <chrono>
#include <optional>

#include <doctest/doctest.h>

#include "support/scripted_server.h"

namespace starling {
namespace {

Deadline soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(5);
}

Endpoint endpoint_of(const ScriptedServer& server) {
  return *parse_endpoint(server.endpoint());
}

TEST_CASE("Connection: several requests are answered one after the other") {
  const ScriptedServer server(
      [](const ClientRequest&) { return std::optional<ClientReply>(NodeInfoReply{}); });
  auto connection = Connection::open(endpoint_of(server), "", soon());
  REQUIRE(connection.ok());
  CHECK(connection->exchange(ClientNodeInfo{}, soon()).outcome == ExchangeOutcome::Answered);
  CHECK(connection->exchange(ClientNodeInfo{}, soon()).outcome == ExchangeOutcome::Answered);
  CHECK_FALSE(connection->is_stale());
}

TEST_CASE("Connection: a server that hangs up after the request gave no answer") {
  const ScriptedServer server([](const ClientRequest&) { return std::optional<ClientReply>(); });
  auto connection = Connection::open(endpoint_of(server), "", soon());
  REQUIRE(connection.ok());
  const Exchange exchange = connection->exchange(ClientNodeInfo{}, soon());
  CHECK(exchange.outcome == ExchangeOutcome::NoAnswer);
  CHECK(exchange.problem.message().find("broke before the answer") != std::string::npos);
}

TEST_CASE("Connection: a request that no frame holds is not sent") {
  const ScriptedServer server(
      [](const ClientRequest&) { return std::optional<ClientReply>(PutReply{}); });
  auto connection = Connection::open(endpoint_of(server), "", soon());
  REQUIRE(connection.ok());
  ClientPut put;
  put.value.assign(17U << 20U, 'v');
  const Exchange exchange = connection->exchange(put, soon());
  CHECK(exchange.outcome == ExchangeOutcome::NotSent);
  CHECK(exchange.problem.code() == StatusCode::TooLarge);
}

TEST_CASE("Connection: who connects but does not greet is unreachable") {
  const ScriptedServer silent{ScriptedServer::Silent{}};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  const Status status = Connection::open(endpoint_of(silent), "", deadline).status();
  CHECK(status.code() == StatusCode::Unreachable);
  CHECK(status.message().find("does not answer") != std::string::npos);
}

}  // namespace
}  // namespace starling
