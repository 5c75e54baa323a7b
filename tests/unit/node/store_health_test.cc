#include "node/store_health.h"

#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

const Status kFull(StatusCode::DiskFull, "no space");

// What became of a put of `value` through node `at`; Ok: it was acknowledged.
StatusCode put(TestCluster& cluster, std::size_t at, const std::string& value) {
  const std::uint64_t number = cluster.request(at, cluster.put_of("key", value));
  cluster.settle();
  const ClientReply& reply = cluster.replies.at(number);
  const auto* const error = std::get_if<ErrorReply>(&reply);
  return error == nullptr ? StatusCode::Ok : error->status.code();
}

StatusCode remove(TestCluster& cluster, std::size_t at) {
  ClientDelete request{.address = {.bucket = "bucket", .key = "key"}};
  request.request = {.client = {.high = 9, .low = 9}, .counter = 1};
  const std::uint64_t number = cluster.request(at, request);
  cluster.settle();
  const auto* const error = std::get_if<ErrorReply>(&cluster.replies.at(number));
  return error == nullptr ? StatusCode::Ok : error->status.code();
}

std::size_t siblings(TestCluster& cluster, std::size_t at) {
  return cluster.ask<GetReply>(at, TestCluster::get_of("key")).siblings.size();
}

void set(TestCluster& cluster, std::size_t at, StoreCondition condition) {
  const bool roomy = condition == StoreCondition::Roomy;
  cluster.node(at).on_store_condition(condition, roomy ? "" : "there is little space");
  cluster.settle();
}

// The engine of a node meets a full disk with whatever is queued.
void fill_up(TestCluster& cluster, std::size_t at) {
  cluster.engine(at).crash();
  cluster.node(at).on_committed({}, kFull);
}

TEST_CASE("StoreHealth: one tight disk of three stops no put, whoever coordinates") {
  TestCluster cluster(3);
  cluster.connect_all();
  set(cluster, 1, StoreCondition::Tight);
  for (const std::size_t at : {0, 1, 2}) CHECK(put(cluster, at, "v") == StatusCode::Ok);
  CHECK(siblings(cluster, 1) == 3);
}

TEST_CASE("StoreHealth: a tight store gets no new value, and takes repairs and deletes") {
  TestCluster cluster(3);
  cluster.restart_with({.hints_max = 0});
  set(cluster, 1, StoreCondition::Tight);
  CHECK(put(cluster, 0, "v") == StatusCode::Ok);
  CHECK(cluster.engine(1).entries.size() < cluster.engine(0).entries.size());
  CHECK(siblings(cluster, 0) == 1);  // which repairs node1
  CHECK(cluster.engine(1).entries.size() == cluster.engine(0).entries.size());
  CHECK(remove(cluster, 1) == StatusCode::Ok);
}

TEST_CASE("StoreHealth: where tight disks put W out of reach nothing is applied anywhere") {
  TestCluster cluster(3);
  cluster.connect_all();
  set(cluster, 1, StoreCondition::Tight);
  set(cluster, 2, StoreCondition::Tight);
  for (const std::size_t at : {0, 1, 2}) CHECK(put(cluster, at, "v") == StatusCode::DiskFull);
  for (const std::size_t at : {0, 1, 2}) CHECK(siblings(cluster, at) == 0);
  set(cluster, 2, StoreCondition::Roomy);
  for (const std::size_t at : {0, 1, 2}) CHECK(put(cluster, at, "v") == StatusCode::Ok);
}

TEST_CASE("StoreHealth: on tight disks deletes go on, on full ones only reads do") {
  TestCluster cluster(3);
  cluster.connect_all();
  CHECK(put(cluster, 0, "v") == StatusCode::Ok);
  for (const std::size_t at : {0, 1, 2}) set(cluster, at, StoreCondition::Full);
  CHECK(remove(cluster, 0) == StatusCode::DiskFull);
  CHECK(siblings(cluster, 0) == 1);
  for (const std::size_t at : {0, 1, 2}) set(cluster, at, StoreCondition::Tight);
  CHECK(put(cluster, 0, "w") == StatusCode::DiskFull);
  CHECK(remove(cluster, 0) == StatusCode::Ok);
  CHECK(siblings(cluster, 2) == 0);
}

TEST_CASE("StoreHealth: a peer learns of it on a new connection, and forgets it with the old one") {
  TestCluster cluster(2, PlantedBug::None, 2);
  cluster.connect_all();
  cluster.cut(0, 1);
  set(cluster, 1, StoreCondition::Full);
  cluster.connect(0, 1);
  cluster.settle();
  CHECK(put(cluster, 0, "v") == StatusCode::DiskFull);
  cluster.stop(1);
  cluster.start(1);
  cluster.connect(0, 1);
  cluster.settle();
  CHECK(put(cluster, 0, "v") == StatusCode::Ok);
}

TEST_CASE("StoreHealth: a put whose own commit meets a full disk is in doubt at once") {
  TestCluster cluster(1);
  const std::uint64_t number = cluster.request(0, cluster.put_of("key", "value"));
  fill_up(cluster, 0);
  REQUIRE(cluster.replies.contains(number));
  CHECK(std::get<ErrorReply>(cluster.replies.at(number)).status.code() == StatusCode::InDoubt);
  CHECK_FALSE(cluster.node(0).is_broken());
  CHECK(put(cluster, 0, "w") == StatusCode::DiskFull);
  CHECK(siblings(cluster, 0) == 0);
  cluster.node(0).check_invariants();
}

TEST_CASE(
    "StoreHealth: a replica whose commit meets a full disk leaves the verdict to the others") {
  TestCluster cluster(3);
  cluster.connect_all();
  const std::uint64_t number = cluster.request(0, cluster.put_of("key", "value"));
  cluster.deliver_all();
  fill_up(cluster, 1);
  cluster.settle();
  CHECK(std::holds_alternative<PutReply>(cluster.replies.at(number)));
}

TEST_CASE("StoreHealth: a store that was opened again mints in a new incarnation") {
  TestCluster cluster(1);
  CHECK(put(cluster, 0, "v") == StatusCode::Ok);
  const GetReply before = cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  (void)cluster.request(0, cluster.put_of("key", "lost"));
  fill_up(cluster, 0);
  cluster.node(0).on_store_reopened();
  CHECK(put(cluster, 0, "w") == StatusCode::Ok);
  const GetReply after = cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  REQUIRE(after.siblings.size() == 2);
  CHECK(after.siblings[0].dot.substr(0, 16) != after.siblings[1].dot.substr(0, 16));
}

TEST_CASE(
    "StoreHealth: a replay of a put whose commit was lost is stored again, as the same write") {
  TestCluster cluster(1);
  const ClientPut request = cluster.put_of("key", "value");
  (void)cluster.request(0, request);
  fill_up(cluster, 0);
  const std::uint64_t refused = cluster.request(0, request);
  cluster.settle();
  CHECK(std::holds_alternative<ErrorReply>(cluster.replies.at(refused)));
  cluster.node(0).on_store_reopened();
  const std::uint64_t again = cluster.request(0, request);
  CHECK_FALSE(cluster.replies.contains(again));  // it waits for its own commit
  cluster.settle();
  CHECK(std::holds_alternative<PutReply>(cluster.replies.at(again)));
  CHECK(siblings(cluster, 0) == 1);
}

TEST_CASE("StoreHealth: a start that could not be remembered is confirmed when there is space") {
  TestCluster cluster(2, PlantedBug::None, 2);
  cluster.connect(0, 1);
  cluster.deliver_all();
  fill_up(cluster, 0);
  cluster.settle();
  CHECK_FALSE(cluster.node(1).readiness().ready);
  cluster.node(0).on_store_reopened();
  cluster.settle();
  CHECK(cluster.node(1).readiness().ready);
}

TEST_CASE("StoreHealth: node info, status and readiness say what is going on") {
  TestCluster cluster(3);
  cluster.connect_all();
  set(cluster, 1, StoreCondition::Tight);
  CHECK(cluster.node(1).readiness().ready);
  CHECK(cluster.node(1).readiness().note == "there is little space");
  CHECK(cluster.ask<NodeInfoReply>(1, ClientNodeInfo{}).disk == "there is little space");
  CHECK(cluster.ask<NodeInfoReply>(0, ClientNodeInfo{}).disk == "there is room");
  for (const std::size_t at : {0, 1}) {
    const auto status = cluster.ask<ClusterStatusReply>(at, ClientClusterStatus{});
    REQUIRE(status.messages.size() == 1);
    CHECK(status.messages[0].find("node1's disk is nearly full") == 0);
  }
}

}  // namespace
}  // namespace starling
