#include "client/batch.h"

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/client.h"

#include "message/checksum.h"
#include "support/scripted_server.h"

namespace starling {
namespace {

// Answers a get with its key as the value, and a put with its key as the context.
std::optional<ClientReply> echo(const ClientRequest& request) {
  if (const auto* const put = std::get_if<ClientPut>(&request.body)) {
    return PutReply{.context = put->address.key};
  }
  if (std::holds_alternative<ClientGet>(request.body)) {
    const std::string& key = std::get<ClientGet>(request.body).address.key;
    GetReply reply;
    reply.siblings.push_back({.value = key, .content_type = {}, .modified = {}, .dot = "d"});
    reply.checksum = checksum_of(key, reply.siblings);
    return reply;
  }
  return ErrorReply{.status = Status(StatusCode::Failure, "not scripted"), .replies = {}};
}

std::vector<std::string> numbered_keys(int count) {
  std::vector<std::string> keys;
  for (int key = 0; key < count; ++key) keys.push_back("k" + std::to_string(key));
  return keys;
}

TEST_CASE("Batch: each item has its own result, in the order of the items") {
  const ScriptedServer server(echo);
  Client client({.endpoints = {server.endpoint()}});
  const std::vector<PutItem> items{{.bucket = "b", .key = "one", .value = "v"},
                                   {.bucket = "no/bucket", .key = "two", .value = "v"},
                                   {.bucket = "b", .key = "three", .value = "v"}};
  const auto results = client.put_many(items);
  REQUIRE(results.size() == 3);
  CHECK(results[0]->context == "one");
  CHECK(results[1].status().code() == StatusCode::Usage);
  CHECK(results[2]->context == "three");
  CHECK(client.put_many({}).empty());
}

TEST_CASE("Batch: more keys than the window holds are all read, over one connection") {
  const ScriptedServer server(echo);
  Client client({.endpoints = {server.endpoint()}});
  const std::vector<std::string> keys = numbered_keys(3 * Batch::kWindow);
  std::vector<KeyRef> refs;
  for (const std::string& key : keys) refs.push_back({.bucket = "b", .key = key});
  const auto results = client.get_many(refs);
  REQUIRE(results.size() == keys.size());
  for (std::size_t index = 0; index < keys.size(); ++index) {
    REQUIRE(results[index].ok());
    REQUIRE(results[index]->siblings.at(0).value == keys[index]);
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("Batch: the client's bounds slow a batch down, they do not fail it") {
  const ScriptedServer server(echo);
  Client client({.endpoints = {server.endpoint()}, .requests_max = 3});
  const std::vector<std::string> keys = numbered_keys(100);
  std::vector<KeyRef> refs;
  for (const std::string& key : keys) refs.push_back({.bucket = "b", .key = key});
  for (const auto& result : client.get_many(refs)) CHECK(result.ok());
}

TEST_CASE("Batch: the asynchronous form calls back once, with all results") {
  const ScriptedServer server(echo);
  Client client({.endpoints = {server.endpoint()}});
  std::promise<std::vector<Result<WriteResult>>> written;
  std::promise<std::vector<Result<ReadResult>>> read;
  {
    const std::string key = "passing away before the answer";
    const std::vector<PutItem> items{{.bucket = "b", .key = key, .value = "v"}};
    client.put_many_async(items, {}, [&](auto results) { written.set_value(std::move(results)); });
    const std::vector<KeyRef> keys{{.bucket = "b", .key = key}};
    client.get_many_async(keys, {}, [&](auto results) { read.set_value(std::move(results)); });
  }
  CHECK(written.get_future().get().at(0)->context == "passing away before the answer");
  CHECK(read.get_future().get().at(0)->siblings.size() == 1);
  bool called = false;
  client.get_many_async({}, {}, [&](auto results) { called = results.empty(); });
  CHECK(called);
}

TEST_CASE("Batch: its last answer and the thread that began it end it once") {
  const ScriptedServer server(echo);
  Client client({.endpoints = {server.endpoint()}});
  const std::vector<PutItem> items{{.bucket = "b", .key = "k", .value = "v"}};
  // Whichever thread comes last, in whatever order: sanitizers see one that comes too late.
  constexpr int kBatches = 200;
  std::atomic<int> called = 0;
  std::promise<void> all;
  for (int batch = 0; batch < kBatches; ++batch) {
    client.put_many_async(items, {}, [&](const auto& results) {
      CHECK(results.at(0).ok());
      if (++called == kBatches) all.set_value();
    });
  }
  all.get_future().wait();
  CHECK(called == kBatches);
}

}  // namespace
}  // namespace starling
