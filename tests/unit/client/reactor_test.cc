#include "client/reactor.h"

#include <chrono>
#include <optional>
#include <thread>

#include <doctest/doctest.h>

#include "support/scripted_server.h"

namespace starling {
namespace {

DispatcherOptions one_endpoint(const ScriptedServer& server) {
  return {.endpoints = {*parse_endpoint(server.endpoint())}, .routing = Routing::Endpoints};
}

TEST_CASE("Reactor: a call goes out, and its answer comes back") {
  const ScriptedServer server([](const ClientRequest&) { return PutReply{.context = "c"}; });
  Reactor reactor(one_endpoint(server), "", Random(1));
  REQUIRE(reactor.status().ok());
  std::optional<Result<ClientReply>> answer;
  ClientPut put;
  put.address = {.bucket = "b", .key = "k"};
  reactor.dispatcher().submit(
      Call{.request = {.remaining = {}, .body = put},
           .deadline = Reactor::now() + std::chrono::seconds(60),
           .done = [&](Result<ClientReply> result) { answer = std::move(result); }},
      Reactor::now());
  reactor.flush();
  while (!answer.has_value()) {
    reactor.poll(Reactor::Patience::UntilSomethingHappens);
    reactor.flush();
    for (auto& each : reactor.dispatcher().take_finished()) each.done(std::move(each.result));
  }
  REQUIRE(answer->ok());
  CHECK(std::get<PutReply>(**answer).context == "c");
}

TEST_CASE("Reactor: who waits for its sockets can be woken, also beforehand") {
  const ScriptedServer silent{ScriptedServer::Silent{}};
  Reactor reactor(one_endpoint(silent), "", Random(1));
  reactor.wake();
  reactor.poll(Reactor::Patience::UntilSomethingHappens);
  std::thread other([&] { reactor.wake(); });
  reactor.poll(Reactor::Patience::UntilSomethingHappens);
  other.join();
  reactor.poll(Reactor::Patience::None);
  CHECK(reactor.dispatcher().unanswered() == 0);
}

}  // namespace
}  // namespace starling
