#include "node/admin_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "message/client_messages.h"
#include "node/node.h"
#include "node/node_report.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

TEST_CASE("AdminService: status names every member and what may be lost") {
  TestCluster cluster(3);
  cluster.connect_all();
  const auto status = cluster.ask<ClusterStatusReply>(1, ClientClusterStatus{});
  REQUIRE(status.members.size() == 3);
  for (const MemberReply& member : status.members) {
    CHECK(member.state == "up");
    CHECK(member.partitions == 8);
  }
  CHECK(status.can_lose_availability == 1);
  CHECK(status.can_lose_durability == 1);
  CHECK(status.messages.empty());
}

// What node0 says once its failure detector has made up its mind, and time has passed.
ClusterStatusReply status_after(TestCluster& cluster, std::chrono::seconds time) {
  for (auto passed = std::chrono::milliseconds(0); passed < time;
       passed += std::chrono::milliseconds(100)) {
    cluster.clock.advance(std::chrono::milliseconds(100));
    cluster.settle();
  }
  return cluster.ask<ClusterStatusReply>(0, ClientClusterStatus{});
}

TEST_CASE("AdminService: a member that ended is suspect, then down, and is named each time") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(2);
  const ClusterStatusReply first = status_after(cluster, std::chrono::seconds(2));
  CHECK(first.members[2].state == "suspect");
  CHECK(first.members[2].state_seconds == 2);
  CHECK(first.can_lose_availability == 0);
  CHECK(first.can_lose_durability == 0);
  REQUIRE(first.messages.size() == 1);
  CHECK(first.messages[0].find("node2 is suspect: no connection") != std::string::npos);
  const ClusterStatusReply second = status_after(cluster, std::chrono::seconds(30));
  CHECK(second.members[2].state == "down");
  CHECK(second.members[2].state_seconds > 10);
  CHECK(second.can_lose_availability == 0);
  REQUIRE(second.messages.size() == 1);
  CHECK(second.messages[0].find("node2 is down") != std::string::npos);
}

TEST_CASE("AdminService: opinion changes nothing of what may be lost") {
  TestCluster cluster(3);
  cluster.connect_all();
  for (int i = 0; i < 300; ++i) {
    cluster.clock.advance(std::chrono::milliseconds(100));
    for (const std::size_t node : {0U, 1U}) static_cast<void>(cluster.work(node));
    for (; !cluster.sent.empty(); cluster.sent.pop_front()) {
      // node2 is paused: it answers nothing, and its connections stand.
      TestCluster::Sent next = cluster.sent.front();
      if (next.to == cluster.id(2)) continue;
      Node& node = cluster.node(next.to == cluster.id(0) ? 0 : 1);
      node.on_peer_message(next.from, std::move(next.message));
    }
  }
  const NodeReport report = cluster.node(0).report();
  CHECK(report.cluster.members[2].state == "down");
  CHECK(report.cluster.can_lose_availability == 1);
  CHECK(report.cluster.can_lose_durability == 1);
  REQUIRE(report.cluster.messages.size() == 1);
  CHECK(report.cluster.messages[0].find("has answered nobody") != std::string::npos);
}

TEST_CASE("AdminService: fewer members than replicas is said") {
  TestCluster cluster(1);
  const auto status = cluster.ask<ClusterStatusReply>(0, ClientClusterStatus{});
  CHECK(status.replicas == 1);
  CHECK(status.replicas_configured == 3);
  CHECK(status.messages.size() == 1);
}

TEST_CASE("AdminService: the ring shows distinct owners, and one key its preference list") {
  TestCluster cluster(4);
  cluster.connect_all();
  const auto ring = cluster.ask<ClusterRingReply>(0, ClientClusterRing{});
  CHECK(ring.partitions.size() == 8);
  const auto one = cluster.ask<ClusterRingReply>(
      0, ClientClusterRing{.address = KeyAddress{.bucket = "bucket", .key = "key"}});
  REQUIRE(one.partitions.size() == 1);
  CHECK(one.partitions[0].owners.size() == 3);
  CHECK(one.partitions[0].fallbacks.size() == 1);
}

TEST_CASE("AdminService: digests agree when replicas do, and differ when one lacks a write") {
  TestCluster cluster(3);
  cluster.restart_with({.hints_max = 0});
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  CHECK(cluster.ask<ClusterDigestReply>(1, ClientClusterDigest{}).agree);
  cluster.cut(0, 2);
  cluster.ask<PutReply>(0, cluster.put_of("key", "second"));
  cluster.connect_all();
  const auto digests = cluster.ask<ClusterDigestReply>(1, ClientClusterDigest{});
  CHECK_FALSE(digests.agree);
  CHECK(digests.partitions.size() == 8);
}

TEST_CASE("AdminService: a member that is down has no digest, and then nothing agrees") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(2);
  const auto digests = cluster.ask<ClusterDigestReply>(0, ClientClusterDigest{});
  CHECK_FALSE(digests.agree);
  CHECK(std::ranges::count(digests.partitions[0].replicas, false, [](const ReplicaDigest& replica) {
          return replica.digest.has_value();
        }) == 1);
}

TEST_CASE("AdminService: a digest that does not come in time is unavailable") {
  TestCluster cluster(3);
  cluster.connect_all();
  const std::uint64_t number = cluster.request(0, ClientClusterDigest{});
  cluster.clock.advance(std::chrono::seconds(6));
  cluster.node(0).on_timer();
  CHECK(std::get<ErrorReply>(cluster.replies.at(number)).status.code() == StatusCode::Unavailable);
}

TEST_CASE("AdminService: requests are served between two steps of a digest") {
  TestCluster cluster(1);
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  const std::uint64_t digest = cluster.request(0, ClientClusterDigest{});
  const std::uint64_t get = cluster.request(0, TestCluster::get_of("key"));
  CHECK_FALSE(cluster.replies.contains(digest));
  CHECK(cluster.replies.contains(get));
  cluster.settle();
  CHECK(std::get<ClusterDigestReply>(cluster.replies.at(digest)).agree);
}

TEST_CASE("AdminService: node info tells who this is") {
  TestCluster cluster(1);
  const auto info = cluster.ask<NodeInfoReply>(0, ClientNodeInfo{});
  CHECK(info.name == "node0");
  CHECK(info.ready);
  CHECK(info.durability == "sync");
  CHECK(info.boot_sequence == 1);
  CHECK(info.store_id.size() == 32);
  CHECK(info.cpu_us == 250);
}

}  // namespace
}  // namespace starling
