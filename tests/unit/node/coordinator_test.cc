#include "node/coordinator.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/planted_bug.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "ring/cluster_config.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

// The number of messages of type `Message` under way.
template <typename Message>
std::size_t under_way(const TestCluster& cluster) {
  return static_cast<std::size_t>(std::ranges::count_if(
      cluster.sent,
      [](const TestCluster::Sent& sent) { return std::holds_alternative<Message>(sent.message); }));
}

TEST_CASE("Coordinator: who owns no copy forwards a put once, to one owner") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::string key = "key";
  cluster.request(cluster.stranger_to(key), cluster.put_of(key, "value"));
  CHECK(under_way<ForwardedPut>(cluster) == 1);
  CHECK(under_way<ReplicaWrite>(cluster) == 0);
}

TEST_CASE("Coordinator: an owner mints itself and sends its delta before its own disk is done") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.request(0, cluster.put_of("key", "value"));
  CHECK(under_way<ReplicaWrite>(cluster) == 2);
  CHECK_FALSE(cluster.engine(0).queue.empty());
}

TEST_CASE("Coordinator: a repeated put, by client or network, is one write") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::string key = "key";
  const ClientPut put = cluster.put_of(key, "value");
  const std::size_t stranger = cluster.stranger_to(key);
  const auto first = cluster.ask<PutReply>(stranger, put);
  const auto again = cluster.ask<PutReply>(stranger, put);
  CHECK(first.context == again.context);
  CHECK(cluster.ask<GetReply>(0, TestCluster::get_of(key)).siblings.size() == 1);
}

TEST_CASE("Coordinator: a forwarded put whose owner falls silent is in doubt") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::string key = "key";
  const std::size_t stranger = cluster.stranger_to(key);
  const std::uint64_t number = cluster.request(stranger, cluster.put_of(key, "value"));
  cluster.clock.advance(std::chrono::seconds(6));
  cluster.node(stranger).on_timer();
  const auto& reply = std::get<ErrorReply>(cluster.replies.at(number));
  CHECK(reply.status.code() == StatusCode::InDoubt);
}

TEST_CASE("Coordinator: with no owner connected a forwarded put is unavailable") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::string key = "key";
  const std::size_t stranger = cluster.stranger_to(key);
  for (std::size_t other = 0; other < 4; ++other) cluster.cut(stranger, other);
  const auto reply = cluster.ask<ErrorReply>(stranger, cluster.put_of(key, "value"));
  CHECK(reply.status.code() == StatusCode::Unavailable);
}

TEST_CASE("Coordinator: a put that meets a newer row is sent again, and not minted again") {
  TestCluster cluster(3);
  cluster.connect_all();
  const auto ring = first_ring(cluster.config());
  const PartitionId partition = ring->partition_of(ring->token_of("bucket", "key"));
  const auto newer = ring->with_newer_rows(Epoch{ring->epoch().value + 1}, {&partition, 1});
  cluster.node(1).adopt_ring(newer);
  cluster.node(2).adopt_ring(newer);
  const std::uint64_t number = cluster.request(0, cluster.put_of("key", "value"));
  cluster.settle();
  CHECK_FALSE(cluster.replies.contains(number));
  cluster.node(0).adopt_ring(newer);
  cluster.settle();
  CHECK(std::get<PutReply>(cluster.replies.at(number)).replies.received >= 2);
  CHECK(cluster.ask<GetReply>(1, TestCluster::get_of("key")).siblings.size() == 1);
}

TEST_CASE("Coordinator: a damaged record at the coordinator is minted at another owner") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  cluster.stop(0);
  for (const auto& [key, value] : cluster.engine(0).entries) {
    if (key.ends_with("key")) cluster.engine(0).damaged.insert(key);
  }
  cluster.start(0);
  cluster.connect_all();
  const auto put = cluster.ask<PutReply>(0, cluster.put_of("key", "second"));
  CHECK(put.siblings == 2);
  CHECK(cluster.ask<GetReply>(0, TestCluster::get_of("key")).siblings.size() == 2);
}

TEST_CASE("Coordinator: a damaged record with nobody else to ask is unavailable, not a failure") {
  TestCluster cluster(1);
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  cluster.stop(0);
  for (const auto& [key, value] : cluster.engine(0).entries) {
    if (key.ends_with("key")) cluster.engine(0).damaged.insert(key);
  }
  cluster.start(0);
  const auto refused = cluster.ask<ErrorReply>(0, cluster.put_of("key", "second"));
  CHECK(refused.status.code() == StatusCode::Unavailable);
}

TEST_CASE("Coordinator: a read repairs the replica that missed a write") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.cut(0, 2);
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  cluster.connect_all();
  ClientGet all = TestCluster::get_of("key");
  all.levels.r = Level::all();
  const auto get = cluster.ask<GetReply>(2, all);
  CHECK(get.siblings.size() == 1);
  CHECK(get.protected_read);
  CHECK(cluster.ask<ClusterDigestReply>(0, ClientClusterDigest{}).agree);
}

TEST_CASE("Coordinator: siblings too large for a message are told of, and a delete resolves them") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::string key = "key";
  // Each owner mints before it hears of the others' writes.
  for (const std::size_t owner : cluster.owners_of(key)) {
    cluster.request(owner, cluster.put_of(key, std::string(std::size_t{12} << 20U, 'v')));
  }
  cluster.settle();
  const std::size_t stranger = cluster.stranger_to(key);
  const auto error = cluster.ask<ErrorReply>(stranger, TestCluster::get_of(key));
  CHECK(error.status.code() == StatusCode::Unavailable);
  CHECK(error.status.message().find("larger than a message may be") != std::string::npos);
  const std::size_t owner = cluster.owners_of(key).front();
  cluster.ask<PutReply>(owner, ClientDelete{.address = {.bucket = "bucket", .key = key}});
  CHECK(cluster.ask<GetReply>(stranger, TestCluster::get_of(key)).siblings.empty());
}

TEST_CASE("Coordinator: a repair too large for a message is not sent, and not waited for") {
  TestCluster cluster(3);
  cluster.connect_all();
  // Every node has its own value only: the deltas are lost.
  for (std::size_t i = 0; i < 3; ++i) {
    ClientPut put = cluster.put_of("key", std::string(std::size_t{12} << 20U, 'v'));
    put.levels.w = Level::one();
    cluster.request(i, put);
    cluster.sent.clear();
    cluster.commit(i);
    cluster.sent.clear();
  }
  ClientGet get = TestCluster::get_of("key");
  get.levels.r = Level::all();
  const std::uint64_t number = cluster.request(0, get);
  while (!cluster.sent.empty()) {
    CHECK_FALSE(std::holds_alternative<ReplicaWrite>(cluster.sent.front().message));
    const TestCluster::Sent next = std::move(cluster.sent.front());
    cluster.sent.pop_front();
    const std::size_t to = next.to == cluster.id(0) ? 0 : next.to == cluster.id(1) ? 1 : 2;
    cluster.node(to).on_peer_message(next.from, next.message);
  }
  CHECK(std::get<GetReply>(cluster.replies.at(number)).siblings.size() == 3);
}

TEST_CASE("Coordinator: more requests than the bound are refused as overloaded") {
  TestCluster cluster(1);
  std::uint64_t number = 0;
  for (int i = 0; i <= 16384; ++i) {
    number = cluster.request(0, cluster.put_of("key" + std::to_string(i), "value"));
  }
  const auto& reply = std::get<ErrorReply>(cluster.replies.at(number));
  CHECK(reply.status.code() == StatusCode::Overloaded);
  CHECK(reply.status.message().find("16384") != std::string::npos);
}

TEST_CASE("Coordinator: reads answered long ago do not fill the table while a replica is silent") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t number = cluster.request(0, TestCluster::get_of("key"));
    // Everything arrives but what node2 would say.
    std::erase_if(cluster.sent,
                  [&](const TestCluster::Sent& sent) { return sent.to == cluster.id(2); });
    cluster.settle();
    REQUIRE(std::holds_alternative<GetReply>(cluster.replies.at(number)));
  }
}

TEST_CASE("Coordinator: the planted mint at a non-owner loses one of two blind puts") {
  TestCluster cluster(4, PlantedBug::MintAtNonOwner);
  cluster.connect_all();
  const std::size_t stranger = cluster.stranger_to("key");
  cluster.ask<PutReply>(stranger, cluster.put_of("key", "first"));
  cluster.request(stranger, cluster.put_of("key", "second"));
  cluster.settle();
  const auto get = cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  CHECK(get.siblings.size() == 1);
}

}  // namespace
}  // namespace starling
