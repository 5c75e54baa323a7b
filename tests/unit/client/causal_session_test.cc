#include "starling/causal_session.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/client.h"

#include "message/checksum.h"
#include "support/scripted_server.h"

namespace starling {
namespace {

// Answers with the contexts that a test gives it, and keeps those that came.
struct Witness {
  std::vector<std::string> came;
  std::string next = "context 1";
  std::optional<StatusCode> failure;

  std::optional<ClientReply> operator()(const ClientRequest& request) {
    if (const auto* const put = std::get_if<ClientPut>(&request.body)) came.push_back(put->context);
    if (const auto* const erase = std::get_if<ClientDelete>(&request.body)) {
      came.push_back(erase->context);
    }
    const auto* const get = std::get_if<ClientGet>(&request.body);
    if (get != nullptr) came.push_back(get->context);
    if (failure.has_value()) return ErrorReply{.status = Status(*failure, "why"), .replies = {}};
    if (get == nullptr) return PutReply{.context = next};
    GetReply reply{.context = next};
    reply.checksum = checksum_of(get->address.key, reply.siblings);
    return reply;
  }
};

struct Scene {
  Witness witness;
  ScriptedServer server{[this](const ClientRequest& request) { return witness(request); }};
  Client client{{.endpoints = {server.endpoint()}, .routing = Routing::Endpoints, .rounds = 1}};
  CausalSession session{client};
};

TEST_CASE("CausalSession: each call carries what the last one of its key has seen") {
  Scene scene;
  CHECK(scene.session.put("b", "k", "v").ok());
  scene.witness.next = "context 2";
  CHECK(scene.session.get("b", "k").ok());
  scene.witness.next = "context 3";
  CHECK(scene.session.remove("b", "k").ok());
  CHECK(scene.session.get("b", "another").ok());
  CHECK(scene.witness.came == std::vector<std::string>{"", "context 1", "context 2", ""});
  CHECK(scene.session.context_of("b", "k") == "context 3");
}

TEST_CASE("CausalSession: the caller's own context goes before") {
  Scene scene;
  CHECK(scene.session.put("b", "k", "v").ok());
  CHECK(scene.session.put("b", "k", "v", {.context = "mine"}).ok());
  CHECK(scene.witness.came.back() == "mine");
}

TEST_CASE("CausalSession: a call with another context leaves what the session has seen") {
  Scene scene;
  CHECK(scene.session.put("b", "k", "v").ok());
  scene.witness.next = "older";
  CHECK(scene.session.get("b", "k", {.context = "old"}).ok());
  CHECK(scene.session.put("b", "k", "v", {.context = "old"}).ok());
  CHECK(scene.session.remove("b", "k", {.write = {.context = "old"}}).ok());
  CHECK(scene.session.context_of("b", "k") == "context 1");
  scene.witness.failure = StatusCode::BadContext;
  CHECK_FALSE(scene.session.get("b", "k", {.context = "forged"}).ok());
  CHECK(scene.session.context_of("b", "k") == "context 1");
}

TEST_CASE("CausalSession: the context that it has itself, and a first one, are no other ones") {
  Scene scene;
  CHECK(scene.session.get("b", "k", {.context = "handed over"}).ok());
  CHECK(scene.session.context_of("b", "k") == "context 1");
  scene.witness.next = "context 2";
  CHECK(scene.session.put("b", "k", "v", {.context = "context 1"}).ok());
  CHECK(scene.session.context_of("b", "k") == "context 2");
}

TEST_CASE("CausalSession: an error leaves it as it was, a context nobody takes is dropped") {
  Scene scene;
  CHECK(scene.session.put("b", "k", "v").ok());
  scene.witness.failure = StatusCode::InDoubt;
  CHECK(scene.session.put("b", "k", "w").status().in_doubt());
  CHECK(scene.session.context_of("b", "k") == "context 1");
  scene.witness.failure = StatusCode::BadContext;
  CHECK(scene.session.get("b", "k").status().code() == StatusCode::BadContext);
  CHECK(scene.session.context_of("b", "k").empty());
}

TEST_CASE("CausalSession: what one session has seen can be handed to another") {
  Scene scene;
  CHECK(scene.session.put("b", "k", "v").ok());
  CausalSession other(scene.client, {.keys_max = 1});
  other.set_context("b", "k", scene.session.context_of("b", "k"));
  CHECK(other.get("b", "k").ok());
  CHECK(scene.witness.came.back() == "context 1");
  CHECK(other.put("b", "l", "v").ok());
  CHECK(other.forgotten() == 1);
}

}  // namespace
}  // namespace starling
