#include "node/node.h"

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

TEST_CASE("Node: alone it founds a cluster of one and serves") {
  TestCluster cluster(1);
  CHECK(cluster.node(0).readiness().ready);
  const auto put = cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  CHECK(put.siblings == 1);
  CHECK(put.replies.required == 1);
  const auto get = cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  REQUIRE(get.siblings.size() == 1);
  CHECK(get.siblings[0].value == "value");
  CHECK(get.protected_read);
}

TEST_CASE("Node: founders serve once every one of them has confirmed the others") {
  TestCluster cluster(3);
  CHECK_FALSE(cluster.node(0).readiness().ready);
  cluster.connect(0, 1);
  cluster.settle();
  CHECK_FALSE(cluster.node(0).readiness().ready);
  cluster.connect_all();
  for (std::size_t i = 0; i < 3; ++i) CHECK(cluster.node(i).readiness().ready);
}

TEST_CASE("Node: what one node wrote, every other one reads") {
  TestCluster cluster(4);
  cluster.connect_all();
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string key = "key" + std::to_string(i);
    cluster.ask<PutReply>(i, cluster.put_of(key, "value" + std::to_string(i)));
    for (std::size_t reader = 0; reader < 4; ++reader) {
      const auto get = cluster.ask<GetReply>(reader, TestCluster::get_of(key));
      REQUIRE(get.siblings.size() == 1);
      CHECK(get.siblings[0].value == "value" + std::to_string(i));
      CHECK(get.replies.received >= 2);
    }
  }
}

TEST_CASE("Node: blind puts become siblings, an informed one replaces what its context covers") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<PutReply>(0, cluster.put_of("key", "first"));
  CHECK(cluster.ask<PutReply>(1, cluster.put_of("key", "second")).siblings == 2);
  const auto both = cluster.ask<GetReply>(2, TestCluster::get_of("key"));
  CHECK(both.siblings.size() == 2);
  const auto resolved = cluster.ask<PutReply>(2, cluster.put_of("key", "merged", both.context));
  CHECK(resolved.siblings == 1);
  const auto get = cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  REQUIRE(get.siblings.size() == 1);
  CHECK(get.siblings[0].value == "merged");
}

TEST_CASE(
    "Node: with a quorum of owners out of reach a put is unavailable and nothing is applied") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.cut(0, 1);
  cluster.cut(0, 2);
  const auto refused = cluster.ask<ErrorReply>(0, cluster.put_of("key", "value"));
  CHECK(refused.status.code() == StatusCode::Unavailable);
  CHECK(refused.replies.required == 2);
  CHECK(refused.replies.received <= 1);
  cluster.connect_all();
  CHECK(cluster.ask<GetReply>(0, TestCluster::get_of("key")).siblings.empty());
}

TEST_CASE("Node: an answer waits until the local copy is durable too, if it is needed for W") {
  TestCluster cluster(1);
  const std::uint64_t number = cluster.request(0, cluster.put_of("key", "value"));
  cluster.deliver_all();
  CHECK_FALSE(cluster.replies.contains(number));
  cluster.settle();
  CHECK(std::holds_alternative<PutReply>(cluster.replies.at(number)));
}

TEST_CASE("Node: replicas that lose their connection after the mint leave the put in doubt") {
  TestCluster cluster(3);
  cluster.connect_all();
  ClientPut put = cluster.put_of("key", "value");
  put.levels.w = Level::all();
  const std::uint64_t number = cluster.request(0, put);
  cluster.cut(0, 1);
  cluster.settle();
  const auto& reply = std::get<ErrorReply>(cluster.replies.at(number));
  CHECK(reply.status.code() == StatusCode::InDoubt);
}

TEST_CASE("Node: the deadline answers when nobody else does") {
  TestCluster cluster(3);
  cluster.connect_all();
  const std::uint64_t number = cluster.request(0, cluster.put_of("key", "value"));
  cluster.clock.advance(std::chrono::seconds(6));
  cluster.node(0).on_timer();
  const auto& reply = std::get<ErrorReply>(cluster.replies.at(number));
  CHECK(reply.status.code() == StatusCode::InDoubt);
}

TEST_CASE("Node: a restarted member is confirmed by a majority and keeps what was acknowledged") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  cluster.stop(0);
  cluster.start(0);
  cluster.connect(0, 1);
  cluster.settle();
  CHECK(cluster.node(0).readiness().ready);
  const auto get = cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  CHECK(get.siblings.size() == 1);
}

TEST_CASE(
    "Node: a member that comes back with an emptied directory is recognised and counts for "
    "nothing") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  cluster.stop(0);
  cluster.wipe(0);
  cluster.start(0);
  cluster.connect_all();
  CHECK_FALSE(cluster.node(0).readiness().ready);
  CHECK(cluster.node(0).readiness().because.find("emptied or replaced") != std::string::npos);
  ClientGet all = TestCluster::get_of("key");
  all.levels.r = Level::all();
  CHECK(cluster.ask<ErrorReply>(1, all).status.code() == StatusCode::Unavailable);
  CHECK(cluster.ask<GetReply>(1, TestCluster::get_of("key")).siblings.size() == 1);
}

TEST_CASE("Node: a directory of another cluster or member is refused by name") {
  TestCluster cluster(2);
  cluster.stop(0);
  cluster.engine(0).entries = cluster.engine(1).entries;
  cluster.start(0);
  CHECK_FALSE(cluster.started().ok());
  CHECK(cluster.started().message().find("node1") != std::string::npos);
}

TEST_CASE("Node: after a storage error it acknowledges nothing and says that it is broken") {
  TestCluster cluster(1);
  const std::uint64_t number = cluster.request(0, cluster.put_of("key", "value"));
  cluster.node(0).on_committed({}, Status(StatusCode::Failure, "input/output error"));
  CHECK(cluster.node(0).is_broken());
  cluster.settle();
  CHECK_FALSE(cluster.replies.contains(number));
  CHECK_FALSE(cluster.node(0).readiness().ready);
}

TEST_CASE("Node: draining refuses what is new and finishes what is under way") {
  TestCluster cluster(1);
  const std::uint64_t number = cluster.request(0, cluster.put_of("key", "value"));
  cluster.node(0).begin_drain();
  CHECK_FALSE(cluster.node(0).drained());
  CHECK(cluster.ask<ErrorReply>(0, TestCluster::get_of("key")).status.code() ==
        StatusCode::Unavailable);
  CHECK(std::holds_alternative<PutReply>(cluster.replies.at(number)));
  CHECK(cluster.node(0).drained());
}

}  // namespace
}  // namespace starling
