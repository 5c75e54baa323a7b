#include "starling/client.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "message/checksum.h"
#include "support/scripted_server.h"

namespace starling {
namespace {

// Answers with `reply` and keeps the request.
struct Recorder {
  explicit Recorder(ClientReply reply)
      : server([this, reply](const ClientRequest& request) {
          requests.push_back(request);
          return std::optional<ClientReply>(reply);
        }),
        client({.endpoints = {server.endpoint()}, .routing = Routing::Endpoints}) {}

  template <typename Body>
  [[nodiscard]] const Body& last() const {
    return std::get<Body>(requests.back().body);
  }

  std::vector<ClientRequest> requests;
  ScriptedServer server;
  Client client;
};

TEST_CASE("Client: a put carries its value, options, checksum and a number of its own") {
  Recorder recorder(PutReply{.context = "new", .siblings = 2});
  const WriteOptions options{.w = Level::all(), .context = "old", .content_type = "text/plain"};
  const auto written = recorder.client.put("b", "k", "v", options);
  REQUIRE(written.ok());
  CHECK(written->siblings == 2);
  const ClientPut first = recorder.last<ClientPut>();
  CHECK(first.address == KeyAddress{.bucket = "b", .key = "k"});
  CHECK(first.levels.w == Level::all());
  CHECK(first.context == "old");
  CHECK(first.content_type == "text/plain");
  CHECK(first.checksum == checksum_of("k", "text/plain", "v"));
  CHECK(recorder.client.put("b", "k", "v").ok());
  CHECK(recorder.last<ClientPut>().request != first.request);
}

TEST_CASE("Client: a request carries the time that remains") {
  Recorder recorder(PutReply{});
  CHECK(recorder.client.put("b", "k", "v", {.timeout = std::chrono::seconds(9)}).ok());
  CHECK(recorder.requests.back().remaining > std::chrono::seconds(7));
  CHECK(recorder.requests.back().remaining <= std::chrono::seconds(9));
}

TEST_CASE("Client: a get returns what was read, and verifies it") {
  GetReply reply;
  reply.siblings.push_back({.value = "value", .content_type = {}, .modified = {}, .dot = "d"});
  reply.checksum = checksum_of("k", reply.siblings);
  Recorder recorder(reply);
  const auto read = recorder.client.get("b", "k", {.r = Level::one(), .context = "seen"});
  REQUIRE(read.ok());
  CHECK(read->siblings.at(0).value == "value");
  CHECK(recorder.last<ClientGet>().context == "seen");
  CHECK(recorder.last<ClientGet>().levels.r == Level::one());
  CHECK_FALSE(recorder.client.get("b", "another").ok());
}

TEST_CASE("Client: a remove carries both kinds of levels") {
  Recorder recorder(PutReply{});
  CHECK(recorder.client.remove("b", "k", {.write = {.w = Level::one()}, .r = Level::all()}).ok());
  CHECK(recorder.last<ClientDelete>().levels.w == Level::one());
  CHECK(recorder.last<ClientDelete>().read_levels.r == Level::all());
}

TEST_CASE("Client: each_key follows the cursor to the end") {
  const ScriptedServer server([](const ClientRequest& request) -> std::optional<ClientReply> {
    const bool first = std::get<ClientKeys>(request.body).cursor.empty();
    return first ? KeysReply{.keys = {"a", "b"}, .cursor = "more"}
                 : KeysReply{.keys = {"c"}, .cursor = {}};
  });
  Client client({.endpoints = {server.endpoint()}, .routing = Routing::Endpoints});
  std::string seen;
  const auto visit = [&](const std::string& key) {
    seen += key;
    return true;
  };
  CHECK(client.each_key("b", {}, visit).ok());
  CHECK(seen == "abc");
}

TEST_CASE("Client: each_key stops when the visitor has enough") {
  Recorder recorder(KeysReply{.keys = {"a", "b"}, .cursor = "more"});
  int seen = 0;
  CHECK(recorder.client.each_key("b", {}, [&](const std::string&) { return ++seen < 2; }).ok());
  CHECK(seen == 2);
  CHECK(recorder.requests.size() == 1);
}

TEST_CASE("Client: a call without a function to call is refused, many items are only not told") {
  const ScriptedServer server([](const ClientRequest&) { return PutReply{}; });
  Client client({.endpoints = {server.endpoint()}, .routing = Routing::Endpoints});
  CHECK(client.put_async("b", "k", "v", {}, {}).code() == StatusCode::Usage);
  CHECK(client.get_async("b", "k", {}, {}).code() == StatusCode::Usage);
  CHECK(client.remove_async("b", "k", {}, {}).code() == StatusCode::Usage);
  CHECK(client.each_key("b", {}, {}).code() == StatusCode::Usage);
  CHECK(server.requests() == 0);
  const std::vector<PutItem> items{{.bucket = "b", .key = "k", .value = "v"}};
  client.put_many_async(items, {}, {});
  CHECK(client.put("b", "k", "v").ok());
}

TEST_CASE("Client: what can never be honoured is not sent") {
  Recorder recorder(PutReply{});
  CHECK(recorder.client.put("a/b", "k", "v").status().code() == StatusCode::Usage);
  CHECK(recorder.client.get("b", "", {}).status().code() == StatusCode::Usage);
  CHECK(recorder.requests.empty());
}

}  // namespace
}  // namespace starling
