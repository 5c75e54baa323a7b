#include "node/client_service.h"

#include <chrono>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "message/client_messages.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

// Asks a cluster of one, and expects a refusal.
Status refusal_of(ClientRequestBody body) {
  TestCluster cluster(1);
  return cluster.ask<ErrorReply>(0, std::move(body)).status;
}

ClientPut sound_put() {
  TestCluster cluster(1);
  return cluster.put_of("key", "value");
}

TEST_CASE("ClientService: a bad bucket or key is refused by name") {
  ClientPut put = sound_put();
  put.address.bucket = "no/slash";
  CHECK(refusal_of(put).message().find("no/slash") != std::string::npos);
  put = sound_put();
  put.address.key.clear();
  CHECK(refusal_of(put).code() == StatusCode::Usage);
}

TEST_CASE("ClientService: a value that does not match its checksum is not stored") {
  ClientPut put = sound_put();
  put.value = "other!";
  CHECK(refusal_of(put).message().find("damaged") != std::string::npos);
  put = sound_put();
  put.content_type = "text/plain";
  CHECK(refusal_of(put).message().find("damaged") != std::string::npos);
}

TEST_CASE("ClientService: levels that can never be honoured are usage errors") {
  ClientPut put = sound_put();
  put.levels.w = Level::count(0);
  CHECK(refusal_of(put).code() == StatusCode::Usage);
  put.levels.w = Level::three();
  CHECK(refusal_of(put).code() == StatusCode::Usage);
  ClientGet get = TestCluster::get_of("key");
  get.levels.pr = Level::two();
  CHECK(refusal_of(get).code() == StatusCode::Usage);
}

TEST_CASE("ClientService: a context of another key, and one that is none, are refused") {
  TestCluster cluster(1);
  const auto put = cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  const auto refused =
      cluster.ask<ErrorReply>(0, cluster.put_of("other", "value", put.context)).status;
  CHECK(refused.code() == StatusCode::BadContext);
  CHECK(cluster.ask<ErrorReply>(0, cluster.put_of("key", "value", "nonsense")).status.code() ==
        StatusCode::BadContext);
}

TEST_CASE("ClientService: a timeout beyond the longest is refused, an expired one is unavailable") {
  TestCluster cluster(1);
  std::uint64_t number = cluster.request(0, TestCluster::get_of("key"), std::chrono::seconds(61));
  CHECK(std::get<ErrorReply>(cluster.replies.at(number)).status.code() == StatusCode::Usage);
  number = cluster.request(0, TestCluster::get_of("key"), Duration::zero());
  CHECK(std::get<ErrorReply>(cluster.replies.at(number)).status.code() == StatusCode::Unavailable);
}

TEST_CASE("ClientService: a delete without a context deletes what it reads") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  const auto deleted =
      cluster.ask<PutReply>(1, ClientDelete{.address = {.bucket = "bucket", .key = "key"}});
  CHECK(deleted.siblings == 0);
  const auto get = cluster.ask<GetReply>(2, TestCluster::get_of("key"));
  CHECK(get.siblings.empty());
  CHECK_FALSE(get.context.empty());
}

TEST_CASE("ClientService: a delete of what is not there writes nothing and succeeds") {
  TestCluster cluster(1);
  const std::size_t before = cluster.engine(0).entries.size();
  const auto deleted =
      cluster.ask<PutReply>(0, ClientDelete{.address = {.bucket = "bucket", .key = "nothing"}});
  CHECK(deleted.context.empty());
  CHECK(cluster.engine(0).entries.size() == before);
}

TEST_CASE("ClientService: a delete with a context always writes a tombstone") {
  TestCluster cluster(1);
  const auto put = cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  cluster.ask<PutReply>(0, cluster.put_of("key", "concurrent"));
  const auto deleted = cluster.ask<PutReply>(
      0, ClientDelete{.address = {.bucket = "bucket", .key = "key"}, .context = put.context});
  CHECK(deleted.siblings == 1);
  const auto get = cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  REQUIRE(get.siblings.size() == 1);
  CHECK(get.siblings[0].value == "concurrent");
}

}  // namespace
}  // namespace starling
