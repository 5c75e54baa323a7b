#include "node/answer_desk.h"

#include <string>

#include <doctest/doctest.h>

#include "message/checksum.h"
#include "message/client_messages.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

TEST_CASE("AnswerDesk: a get's reply carries a checksum over key and values") {
  TestCluster cluster(1);
  cluster.ask<PutReply>(0, cluster.put_of("key", "first"));
  cluster.ask<PutReply>(0, cluster.put_of("key", "second"));
  const auto get = cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  CHECK(get.siblings.size() == 2);
  CHECK(get.checksum == checksum_of("key", get.siblings));
}

TEST_CASE("AnswerDesk: siblings are told apart by their dots, and keep type and time") {
  TestCluster cluster(1);
  ClientPut put = cluster.put_of("key", "first");
  put.content_type = "text/plain";
  put.checksum = checksum_of("key", put.content_type, put.value);
  cluster.ask<PutReply>(0, put);
  cluster.ask<PutReply>(0, cluster.put_of("key", "second"));
  const auto get = cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  REQUIRE(get.siblings.size() == 2);
  CHECK(get.siblings[0].dot != get.siblings[1].dot);
  CHECK(get.siblings[0].content_type == "text/plain");
  CHECK(get.siblings[0].modified.milliseconds == 1'700'000'000'000);
}

TEST_CASE("AnswerDesk: a put's context covers its own write and what it was given, and no more") {
  TestCluster cluster(1);
  const auto first = cluster.ask<PutReply>(0, cluster.put_of("key", "first"));
  cluster.ask<PutReply>(0, cluster.put_of("key", "unseen"));
  const auto second = cluster.ask<PutReply>(0, cluster.put_of("key", "second", first.context));
  cluster.ask<PutReply>(0, cluster.put_of("key", "third", second.context));
  const auto get = cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  REQUIRE(get.siblings.size() == 2);
  CHECK(get.siblings[0].value == "unseen");
  CHECK(get.siblings[1].value == "third");
}

TEST_CASE("AnswerDesk: a forwarded put's answer reaches the client that asked") {
  TestCluster cluster(4);
  cluster.connect_all();
  const auto put =
      cluster.ask<PutReply>(cluster.stranger_to("key"), cluster.put_of("key", "value"));
  CHECK_FALSE(put.context.empty());
  CHECK(put.replies.required == 2);
}

TEST_CASE("AnswerDesk: who asked no owner is told of one, who asked an owner is not") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::size_t stranger = cluster.stranger_to("key");
  const auto put = cluster.ask<PutReply>(stranger, cluster.put_of("key", "value"));
  const auto get = cluster.ask<GetReply>(stranger, TestCluster::get_of("key"));
  CHECK(put.route.epoch == Epoch{1});
  CHECK(put.route.owner != NodeId{});
  CHECK(get.route == put.route);
  const std::size_t owner = cluster.owners_of("key").front();
  CHECK(cluster.ask<GetReply>(owner, TestCluster::get_of("key")).route.owner == NodeId{});
}

}  // namespace
}  // namespace starling
