#include "client/socket.h"

#include <array>
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "support/scripted_server.h"

namespace starling {
namespace {

Deadline in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

TEST_CASE("Socket: where nobody listens it is unreachable, with the reason") {
  const auto socket =
      Socket::connect({.host = "127.0.0.1", .port = "1"}, in(std::chrono::seconds(5)));
  CHECK(socket.status() == Status(StatusCode::Unreachable, "127.0.0.1:1: Connection refused"));
}

TEST_CASE("Socket: a name that does not resolve is unreachable") {
  const auto socket =
      Socket::connect({.host = "no-such-host.invalid", .port = "1"}, in(std::chrono::seconds(5)));
  CHECK(socket.status().code() == StatusCode::Unreachable);
}

TEST_CASE("Socket: waiting for bytes that do not come ends with the deadline") {
  const ScriptedServer silent{ScriptedServer::Silent{}};
  const Endpoint endpoint = *parse_endpoint(silent.endpoint());
  auto socket = Socket::connect(endpoint, in(std::chrono::seconds(5)));
  REQUIRE(socket.ok());
  std::array<char, 16> buffer;
  std::size_t received = 7;
  CHECK(socket->receive(buffer, in(std::chrono::milliseconds(20)), received) ==
        SocketOutcome::TimedOut);
  CHECK(received == 0);
  CHECK_FALSE(socket->is_stale());
}

TEST_CASE("Socket: bytes that nobody asked for make it stale") {
  const ScriptedServer server([](const ClientRequest&) { return std::nullopt; });
  const Endpoint endpoint = *parse_endpoint(server.endpoint());
  auto socket = Socket::connect(endpoint, in(std::chrono::seconds(5)));
  REQUIRE(socket.ok());
  std::array<char, 8> buffer;
  std::size_t received = 0;
  // The server's greeting is longer than this buffer: the rest of it waits.
  CHECK(socket->receive(buffer, in(std::chrono::seconds(5)), received) == SocketOutcome::Done);
  CHECK(socket->is_stale());
}

}  // namespace
}  // namespace starling
