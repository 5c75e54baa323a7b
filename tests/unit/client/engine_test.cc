#include "client/engine.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/client.h"

#include "support/scripted_server.h"
#include "wire/codec.h"

namespace starling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// Nobody listens on port 1 of the loopback.
const std::string kNobody = "127.0.0.1:1";

Client client_of(std::vector<std::string> endpoints) {
  return Client({.endpoints = std::move(endpoints), .routing = Routing::Endpoints, .rounds = 1});
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

TEST_CASE("Client: a node with no room for one more is overloaded, and another one may have it") {
  ScriptedServer crowded(answering(PutReply{}));
  crowded.refuse_with("as many connections as clients_max allows", StatusCode::Overloaded);
  const Status refused = client_of({crowded.endpoint()}).put("b", "k", "v").status();
  CHECK(refused.code() == StatusCode::Overloaded);
  CHECK(refused.message().find("clients_max") != std::string::npos);
  const ScriptedServer other(answering(PutReply{}));
  CHECK(client_of({crowded.endpoint(), other.endpoint()}).put("b", "k", "v").ok());
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
  Client client(
      {.endpoints = {server.endpoint()}, .cluster = "mine", .routing = Routing::Endpoints});
  const Status status = client.put("b", "k", "v").status();
  CHECK(status.code() == StatusCode::Failure);
  CHECK(status.message().find("cluster names differ") != std::string::npos);
}

TEST_CASE("Client: a server of another version is a failure that names both") {
  ScriptedServer server(answering(PutReply{}));
  server.set_protocol(99);
  const Status status = client_of({server.endpoint()}).put("b", "k", "v").status();
  CHECK(status.code() == StatusCode::Failure);
  CHECK(status.message().find("99") != std::string::npos);
  CHECK(server.requests() == 0);
}

// ---- Many at once.

std::optional<ClientReply> put_ok(const ClientRequest& request) {
  if (std::holds_alternative<ClientPut>(request.body)) return PutReply{.context = "c"};
  return ErrorReply{.status = Status(StatusCode::Failure, "not scripted"), .replies = {}};
}

TEST_CASE("ClientEngine: threads share one connection, and each gets its own answer") {
  const ScriptedServer server([](const ClientRequest& request) -> std::optional<ClientReply> {
    const auto* const put = std::get_if<ClientPut>(&request.body);
    return put == nullptr ? error(StatusCode::Failure) : PutReply{.context = put->address.key};
  });
  Client client({.endpoints = {server.endpoint()}});
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 100; ++round) {
        const std::string key = std::to_string(thread) + "-" + std::to_string(round);
        const auto written = client.put("b", key, "v", {.timeout = seconds(60)});
        if (written.ok() && written->context == key) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 800);
  CHECK(server.connections() == 1);
}

TEST_CASE("ClientEngine: waiting and asynchronous calls mix, from many threads") {
  const ScriptedServer server(put_ok);
  std::atomic<int> answered = 0;
  {
    Client client({.endpoints = {server.endpoint()}});
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&, thread] {
        for (int round = 0; round < 200; ++round) {
          if (thread % 2 == 0) {
            CHECK(client.put("b", "k", "v", {.timeout = seconds(60)}).ok());
            ++answered;
          } else {
            CHECK(
                client.put_async("b", "k", "v", {.timeout = seconds(60)}, [&](auto) { ++answered; })
                    .ok());
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  // Those that were not answered when the client ended were told so.
  CHECK(answered == 1200);
}

TEST_CASE("ClientEngine: a completion may ask again, and may not wait") {
  const ScriptedServer server(put_ok);
  Client client({.endpoints = {server.endpoint()}});
  std::promise<StatusCode> waited;
  std::atomic<int> rounds = 0;
  std::function<void(Result<WriteResult>)> again = [&](const Result<WriteResult>& written) {
    CHECK(written.ok());
    if (++rounds < 100) {
      CHECK(client.put_async("b", "k", "v", {}, again).ok());
    } else {
      waited.set_value(client.put("b", "k", "v").status().code());
    }
  };
  CHECK(client.put_async("b", "k", "v", {}, again).ok());
  CHECK(waited.get_future().get() == StatusCode::Usage);
  CHECK(rounds == 100);
}

TEST_CASE("ClientEngine: beyond its bounds a call is refused before it is sent") {
  const ScriptedServer silent{ScriptedServer::Silent{}};
  Client client({.endpoints = {silent.endpoint()}, .requests_max = 2, .bytes_max = 100'000});
  std::atomic<int> ended = 0;
  const auto count = [&](const auto&) { ++ended; };
  CHECK(client.put_async("b", "k", std::string(90'000, 'v'), {}, count).ok());
  const Status bytes = client.put_async("b", "k", std::string(20'000, 'v'), {}, count);
  CHECK(bytes.code() == StatusCode::Overloaded);
  CHECK(bytes.message().find("bytes_max") != std::string::npos);
  CHECK(client.put_async("b", "k", "v", {}, count).ok());
  const Status requests = client.put_async("b", "k", "v", {}, count);
  CHECK(requests.code() == StatusCode::Overloaded);
  CHECK(requests.message().find("requests_max") != std::string::npos);
  client = Client({.endpoints = {silent.endpoint()}});
  CHECK(ended == 2);
}

TEST_CASE("ClientEngine: the end of a client answers what is under way, honestly") {
  std::promise<void> arrived;
  const ScriptedServer server(ScriptedServer::Verbatim{[&](std::uint64_t, const ClientRequest&) {
    arrived.set_value();
    return std::string();  // no answer
  }});
  std::optional<Client> client(
      Client({.endpoints = {server.endpoint()}, .routing = Routing::Endpoints}));
  std::optional<Status> status;
  CHECK(client->put_async("b", "k", "v", {}, [&](auto result) { status = result.status(); }).ok());
  arrived.get_future().wait();
  client.reset();
  REQUIRE(status.has_value());
  CHECK(status->code() == StatusCode::InDoubt);
}

TEST_CASE("ClientEngine: answers in reverse order find their requests") {
  std::vector<std::pair<std::uint64_t, std::string>> held;
  const ScriptedServer server(
      ScriptedServer::Verbatim{[&](std::uint64_t number, const ClientRequest& request) {
        held.emplace_back(number, std::get<ClientPut>(request.body).address.key);
        std::string bytes;
        for (; held.size() == 3; held.clear()) {
          for (int index : {2, 0, 1}) {
            const auto& [which, key] = held[static_cast<std::size_t>(index)];
            bytes += encode(which, ClientReply(PutReply{.context = key}));
          }
        }
        return bytes;
      }});
  Client client({.endpoints = {server.endpoint()}, .routing = Routing::Endpoints});
  const std::vector<PutItem> items{{.bucket = "b", .key = "a", .value = ""},
                                   {.bucket = "b", .key = "b", .value = ""},
                                   {.bucket = "b", .key = "c", .value = ""}};
  const auto results = client.put_many(items, {.timeout = seconds(60)});
  for (std::size_t index = 0; index < 3; ++index) {
    REQUIRE(results[index].ok());
    CHECK(results[index]->context == items[index].key);
  }
}

TEST_CASE("ClientEngine: a server that answers rubbish ends reads as failed, writes in doubt") {
  const ScriptedServer server(ScriptedServer::Verbatim{
      [](std::uint64_t, const ClientRequest&) { return std::string(100, 'x'); }});
  Client client = client_of({server.endpoint()});
  CHECK(client.put("b", "k", "v").status().code() == StatusCode::InDoubt);
  const Status read = client.get("b", "k").status();
  CHECK(read.code() == StatusCode::Unavailable);
  CHECK(read.message().find("not Starling's protocol") != std::string::npos);
}

TEST_CASE("ClientEngine: a host name that takes for ever to resolve keeps no deadline waiting") {
  const auto before = steady_clock::now();
  Client client({.endpoints = {"no-such-host.invalid:7400"}});
  const Status status = client.put("b", "k", "v", {.timeout = milliseconds(100)}).status();
  CHECK(status.code() == StatusCode::Unreachable);
  CHECK(steady_clock::now() - before < seconds(3));
}

TEST_CASE("ClientEngine: options that make no sense are every call's usage error") {
  for (const ClientOptions& options :
       {ClientOptions{.endpoints = {}}, ClientOptions{.endpoints = {"nonsense"}},
        ClientOptions{.endpoints = std::vector<std::string>(129, kNobody)},
        ClientOptions{.rounds = 0}, ClientOptions{.requests_max = 0},
        ClientOptions{.requests_max = 2'000'000}}) {
    Client client(options);
    CHECK(client.put("b", "k", "v").status().code() == StatusCode::Usage);
    CHECK(client.get_async("b", "k", {}, [](const auto&) {}).code() == StatusCode::Usage);
    CHECK(client.node_info().status().code() == StatusCode::Usage);
  }
}

}  // namespace
}  // namespace starling
