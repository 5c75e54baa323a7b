#include "client/caller.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/client.h"

#include "support/scripted_server.h"

namespace starling {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Nobody listens on port 1 of the loopback.
const std::string kNobody = "127.0.0.1:1";

Client client_of(std::vector<std::string> endpoints) {
  return Client({.endpoints = std::move(endpoints)});
}

ScriptedServer::Script answering(ClientReply reply) {
  return [reply](const ClientRequest&) { return std::optional<ClientReply>(reply); };
}

ScriptedServer::Script hanging_up() {
  return [](const ClientRequest&) { return std::optional<ClientReply>(); };
}

ClientReply error(StatusCode code) {
  return ErrorReply{.status = Status(code, "why"), .replies = {}};
}

TEST_CASE("Client: an endpoint where nobody is gives way to the next") {
  const ScriptedServer server(answering(PutReply{.context = "c", .siblings = 1}));
  const auto written = client_of({kNobody, server.endpoint()}).put("b", "k", "v");
  REQUIRE(written.ok());
  CHECK(written->context == "c");
}

TEST_CASE("Client: when nobody can be reached it says where it tried") {
  const auto written = client_of({kNobody, "127.0.0.1:2"}).put("b", "k", "v");
  CHECK(written.status().code() == StatusCode::Unreachable);
  CHECK(written.status().message().find("127.0.0.1:1: ") != std::string::npos);
  CHECK(written.status().message().find("127.0.0.1:2: ") != std::string::npos);
}

TEST_CASE("Client: a write whose connection breaks is in doubt, and goes nowhere else") {
  const ScriptedServer breaking(hanging_up());
  const ScriptedServer other(answering(PutReply{}));
  const auto written = client_of({breaking.endpoint(), other.endpoint()}).put("b", "k", "v");
  CHECK(written.status().code() == StatusCode::InDoubt);
  CHECK(other.requests() == 0);
}

TEST_CASE("Client: a read whose connection breaks goes to the next endpoint") {
  const ScriptedServer breaking(hanging_up());
  const ScriptedServer other(answering(KeysReply{.keys = {"k"}, .cursor = {}}));
  const auto page = client_of({breaking.endpoint(), other.endpoint()}).keys("b");
  REQUIRE(page.ok());
  CHECK(page->keys == std::vector<std::string>{"k"});
}

TEST_CASE("Client: a write that was refused without effect goes to the next endpoint") {
  const ScriptedServer busy(answering(error(StatusCode::Overloaded)));
  const ScriptedServer other(answering(PutReply{.context = "c"}));
  CHECK(client_of({busy.endpoint(), other.endpoint()}).put("b", "k", "v").ok());
  CHECK(busy.requests() == 1);
}

TEST_CASE("Client: it stays with the endpoint that answered") {
  const ScriptedServer server(answering(PutReply{}));
  Client client = client_of({kNobody, server.endpoint()});
  CHECK(client.put("b", "k", "v").ok());
  CHECK(client.put("b", "k", "v").ok());
  CHECK(server.requests() == 2);
}

TEST_CASE("Client: a server that stays silent does not use up the time of the others") {
  const ScriptedServer silent{ScriptedServer::Silent{}};
  const ScriptedServer other(answering(PutReply{}));
  Client client = client_of({silent.endpoint(), other.endpoint()});
  CHECK(client.put("b", "k", "v", {.timeout = milliseconds(400)}).ok());
}

TEST_CASE("Client: silence ends with the deadline") {
  const ScriptedServer silent{ScriptedServer::Silent{}};
  const auto before = steady_clock::now();
  const auto read = client_of({silent.endpoint()}).get("b", "k", {.timeout = milliseconds(50)});
  CHECK(read.status().code() == StatusCode::Unreachable);
  CHECK(steady_clock::now() - before < milliseconds(2000));
}

TEST_CASE("Client: a connection that was closed meanwhile is opened again") {
  int requests = 0;
  const ScriptedServer server([&](const ClientRequest&) -> std::optional<ClientReply> {
    if (++requests == 2) return std::nullopt;
    return PutReply{};
  });
  Client client = client_of({server.endpoint()});
  CHECK(client.put("b", "k", "v").ok());
  CHECK(client.put("b", "k", "v").status().in_doubt());
  CHECK(client.put("b", "k", "v").ok());
}

TEST_CASE("Client: a server of another cluster is a failure, not an unreachable one") {
  ScriptedServer server(answering(PutReply{}));
  server.set_cluster("theirs");
  Client client({.endpoints = {server.endpoint()}, .cluster = "mine"});
  const Status status = client.put("b", "k", "v").status();
  CHECK(status.code() == StatusCode::Failure);
  CHECK(status.message().find("cluster names differ") != std::string::npos);
}

}  // namespace
}  // namespace starling
