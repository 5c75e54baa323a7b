#include "node/coordinator.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/planted_bug.h"
#include "message/chain_messages.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
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
  TestCluster cluster(4);
  cluster.connect_all();
  const std::vector<std::size_t> owners = cluster.owners_of("key");
  const auto ring = first_ring(cluster.config());
  const PartitionId partition = ring->partition_of(ring->token_of("bucket", "key"));
  // The row changes, and the coordinator hears nothing of it.
  Configuration after = successor_of(*cluster.node(owners[1]).configuration());
  take_step(
      after, partition,
      {.step = SlotStep::StartMove, .slot = 0, .newcomer = cluster.id(cluster.stranger_to("key"))});
  cluster.without_letters.insert(cluster.id(owners[0]));
  REQUIRE(cluster.node(owners[1]).propose(after, {}).ok());
  cluster.settle();
  REQUIRE(cluster.node(owners[2]).ring()->row_version(partition) == RowVersion{2});
  const std::uint64_t number = cluster.request(owners[0], cluster.put_of("key", "value"));
  cluster.settle();
  CHECK_FALSE(cluster.replies.contains(number));
  cluster.node(owners[0]).on_peer_message(cluster.id(owners[1]),
                                          ChainLetter{ChainDecided{encode_configuration(after)}});
  cluster.settle();
  CHECK(std::get<PutReply>(cluster.replies.at(number)).replies.received >= 2);
  CHECK(cluster.ask<GetReply>(owners[1], TestCluster::get_of("key")).siblings.size() == 1);
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

// What a request to node `i` is answered before anything is delivered.
Status refusal_of(TestCluster& cluster, std::size_t i, ClientRequestBody body) {
  const std::uint64_t number = cluster.request(i, std::move(body));
  const auto reply = cluster.replies.find(number);
  if (reply == cluster.replies.end()) return Status::success();
  const auto* const error = std::get_if<ErrorReply>(&reply->second);
  return error == nullptr ? Status::success() : error->status;
}

TEST_CASE(
    "Coordinator: clients' requests beyond their share of the bound are refused with a hint") {
  TestCluster cluster(1);
  cluster.restart_with({.operations_max = 16});
  for (int i = 0; i < 14; ++i) {
    CHECK(refusal_of(cluster, 0, cluster.put_of("key" + std::to_string(i), "value")).ok());
  }
  const Status refused = refusal_of(cluster, 0, cluster.put_of("one more", "value"));
  CHECK(refused.code() == StatusCode::Overloaded);
  CHECK(refused.retry_after() == std::chrono::milliseconds(25));
  cluster.settle();
  CHECK(cluster.ask<GetReply>(0, TestCluster::get_of("one more")).siblings.empty());
}

TEST_CASE("Coordinator: what peers forward finds room when clients have taken theirs") {
  TestCluster cluster(4);
  cluster.restart_with({.operations_max = 16});
  const std::size_t stranger = cluster.stranger_to("key");
  const std::size_t owner = cluster.owners_of("key").front();
  for (const std::size_t other : cluster.owners_of("key")) {
    if (other != owner) cluster.cut(stranger, other);
  }
  while (refusal_of(cluster, owner, TestCluster::get_of("key")).ok()) {
  }
  const std::uint64_t number = cluster.request(stranger, cluster.put_of("key", "value"));
  cluster.settle();
  CHECK(std::holds_alternative<PutReply>(cluster.replies.at(number)));
}

TEST_CASE("Coordinator: values under way are bounded in bytes, and small ones always pass") {
  TestCluster cluster(1);
  cluster.restart_with({.operation_bytes_max = 1'000'000});
  const std::string large(600'000, 'v');
  CHECK(refusal_of(cluster, 0, cluster.put_of("first", large)).ok());
  const Status refused = refusal_of(cluster, 0, cluster.put_of("second", large));
  CHECK(refused.code() == StatusCode::Overloaded);
  // Of the same client, which holds more than its share by now; and of another one.
  CHECK(refusal_of(cluster, 0, TestCluster::get_of("other")).code() == StatusCode::Overloaded);
  cluster.node(0).on_client_request(
      {.connection = 2, .request = 1000},
      {.remaining = std::chrono::seconds(5), .body = TestCluster::get_of("other")});
  cluster.settle();
  CHECK(std::holds_alternative<GetReply>(cluster.replies.at(1000)));
  CHECK(refusal_of(cluster, 0, cluster.put_of("second", large)).ok());
}

TEST_CASE(
    "Coordinator: a large value is refused while another waits for the disk, a small one not") {
  TestCluster cluster(1);
  cluster.connect_all();
  const std::string large(1'100'000, 'v');
  CHECK(refusal_of(cluster, 0, cluster.put_of("first", large)).ok());
  CHECK(refusal_of(cluster, 0, cluster.put_of("second", large)).code() == StatusCode::Overloaded);
  CHECK(refusal_of(cluster, 0, cluster.put_of("small", "v")).ok());
  cluster.settle();
  CHECK(refusal_of(cluster, 0, cluster.put_of("second", large)).ok());
}

TEST_CASE("Coordinator: clients may fill a share of the commit queue, and peers the rest") {
  TestCluster cluster(1);
  cluster.restart_with({.commit_queue_bytes_max = 8000});
  cluster.request(0, cluster.put_of("large", std::string(7100, 'v')));
  CHECK(cluster.engine(0).queued_bytes() < 8000);
  const Status refused = refusal_of(cluster, 0, cluster.put_of("small", "v"));
  CHECK(refused.code() == StatusCode::Overloaded);
  CHECK(refused.retry_after() == std::chrono::milliseconds(100));
}

TEST_CASE("Coordinator: a write passes a crowded replica over, and is refused without a quorum") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.crowded = {cluster.id(2)};
  const std::uint64_t number = cluster.request(0, cluster.put_of("key", "value"));
  for (const TestCluster::Sent& sent : cluster.sent) CHECK(sent.to == cluster.id(1));
  cluster.settle();
  CHECK(std::get<PutReply>(cluster.replies.at(number)).replies.received == 2);
  cluster.crowded.insert(cluster.id(1));
  const Status refused = refusal_of(cluster, 0, cluster.put_of("other", "value"));
  CHECK(refused.code() == StatusCode::Overloaded);
  CHECK(refused.retry_after().count() > 0);
  cluster.crowded.clear();
  CHECK(cluster.ask<GetReply>(0, TestCluster::get_of("other")).siblings.empty());
}

TEST_CASE("Coordinator: nothing is forwarded to a crowded owner") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::vector<std::size_t> owners = cluster.owners_of("key");
  const std::size_t stranger = cluster.stranger_to("key");
  for (const std::size_t owner : owners) cluster.crowded.insert(cluster.id(owner));
  const Status refused = refusal_of(cluster, stranger, cluster.put_of("key", "value"));
  CHECK(refused.code() == StatusCode::Overloaded);
  CHECK(cluster.sent.empty());
  cluster.crowded.erase(cluster.id(owners.back()));
  CHECK(refusal_of(cluster, stranger, cluster.put_of("key", "value")).ok());
  REQUIRE(cluster.sent.size() == 1);
  CHECK(cluster.sent.front().to == cluster.id(owners.back()));
}

TEST_CASE("Coordinator: a repair is not sent to a crowded replica, and the read is answered") {
  TestCluster cluster(3);
  cluster.restart_with({.hints_max = 0});
  cluster.cut(0, 2);
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  cluster.connect_all();
  cluster.crowded = {cluster.id(2)};
  ClientGet all = TestCluster::get_of("key");
  all.levels.r = Level::all();
  const auto held_by_node2 = [&] {
    return std::ranges::any_of(cluster.engine(2).entries,
                               [](const auto& entry) { return entry.first.ends_with("key"); });
  };
  CHECK(cluster.ask<GetReply>(0, all).siblings.size() == 1);
  CHECK_FALSE(held_by_node2());
  cluster.crowded.clear();
  CHECK(cluster.ask<GetReply>(0, all).siblings.size() == 1);
  CHECK(held_by_node2());
}

TEST_CASE("Coordinator: records of answered reads are bounded in bytes: the oldest gives way") {
  TestCluster cluster(3);
  cluster.restart_with({.draining_bytes_max = 25'000});
  for (int i = 0; i < 4; ++i) {
    cluster.ask<PutReply>(0, cluster.put_of("key" + std::to_string(i), std::string(10'000, 'v')));
  }
  std::vector<TestCluster::Sent> kept;  // what node2 would have answered to
  for (int i = 0; i < 4; ++i) {
    cluster.request(0, TestCluster::get_of("key" + std::to_string(i)));
    const auto of_node2 = std::ranges::partition(
        cluster.sent, [&](const TestCluster::Sent& sent) { return sent.to != cluster.id(2); });
    kept.insert(kept.end(), of_node2.begin(), of_node2.end());
    cluster.sent.erase(of_node2.begin(), of_node2.end());
    cluster.settle();
  }
  CHECK(kept.size() == 4);
  CHECK_FALSE(cluster.node(0).next_deadline() == std::nullopt);
  cluster.node(0).check_invariants();
  CHECK(cluster.node(0).held_bytes() < 25'000);
  CHECK(cluster.node(0).held_bytes() > 10'000);
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
