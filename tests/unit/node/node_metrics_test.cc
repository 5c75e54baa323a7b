#include "node/node_metrics.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"

#include "message/client_messages.h"
#include "node/node_options.h"
#include "node/request_metrics.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

using Label = RequestMetrics::Label;

// The latencies under `label`; an empty histogram where there are none.
Histogram latency_of(TestCluster& cluster, std::size_t node, const Label& label) {
  for (const RequestMetrics::Line& line : cluster.node(node).metrics().requests.lines()) {
    if (line.label == label) return line.latency;
  }
  return {};
}

TEST_CASE("NodeMetrics: a put is measured from its arrival to its answer") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.request(0, cluster.put_of("key", "value"));
  cluster.clock.advance(std::chrono::milliseconds(7));
  CHECK(latency_of(cluster, 0, {.kind = RequestKind::Put}).count() == 0);
  CHECK(cluster.node(0).report().requests_in_flight == 1);
  cluster.settle();
  const Histogram puts = latency_of(cluster, 0, {.kind = RequestKind::Put});
  CHECK(puts.count() == 1);
  CHECK(puts.sum() == 7'000'000);
  CHECK(cluster.node(0).metrics().put_bytes.sum() == 5);
  CHECK(cluster.node(0).report().requests_in_flight == 0);
  // The others were asked, but not by a client.
  CHECK(cluster.node(1).metrics().requests.lines().empty());
}

TEST_CASE("NodeMetrics: a get says whether it found something, and how many siblings") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<GetReply>(0, TestCluster::get_of("key"));
  cluster.ask<PutReply>(0, cluster.put_of("key", "one"));
  cluster.ask<PutReply>(0, cluster.put_of("key", "three"));
  ClientGet all = TestCluster::get_of("key");
  all.levels.r = Level::all();
  cluster.ask<GetReply>(0, all);
  const Label missed{.kind = RequestKind::Get, .result = StatusCode::NotFound};
  const Label found{.kind = RequestKind::Get, .level = Level::Name::All};
  CHECK(latency_of(cluster, 0, missed).count() == 1);
  CHECK(latency_of(cluster, 0, found).count() == 1);
  const NodeMetrics& metrics = cluster.node(0).metrics();
  CHECK(metrics.read_siblings.count() == 1);
  CHECK(metrics.read_siblings.sum() == 2);
  CHECK(metrics.get_bytes.sum() == 8);
}

TEST_CASE("NodeMetrics: a delete is one request, its first read included") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  const ClientDelete deletion{.address = {.bucket = "bucket", .key = "key"},
                              .request = {.client = {.high = 1, .low = 2}, .counter = 99}};
  cluster.request(0, deletion);
  cluster.clock.advance(std::chrono::milliseconds(3));
  cluster.settle();
  CHECK(latency_of(cluster, 0, {.kind = RequestKind::Delete}).sum() == 3'000'000);
  ClientDelete again = deletion;
  again.request.counter = 100;
  cluster.ask<PutReply>(0, again);  // nothing is there: nothing is written
  CHECK(latency_of(cluster, 0, {.kind = RequestKind::Delete}).count() == 2);
  CHECK(latency_of(cluster, 0, {.kind = RequestKind::Get}).count() == 0);
}

TEST_CASE("NodeMetrics: a failed request is counted under its code, a refused one apart") {
  TestCluster cluster(3);
  cluster.connect_all();
  const std::uint64_t number = cluster.request(0, cluster.put_of("key", "value"));
  cluster.clock.advance(std::chrono::seconds(6));
  cluster.node(0).on_timer();
  REQUIRE(std::holds_alternative<ErrorReply>(cluster.replies.at(number)));
  const Label in_doubt{.kind = RequestKind::Put, .result = StatusCode::InDoubt};
  CHECK(latency_of(cluster, 0, in_doubt).count() == 1);
  cluster.ask<ErrorReply>(0, cluster.put_of("", "no key"));
  const auto usage = static_cast<std::size_t>(StatusCode::Usage);
  CHECK(cluster.node(0).metrics().refused[usage] == 1);
}

TEST_CASE("NodeMetrics: a level that can not be honoured is a refusal, and no measurement") {
  TestCluster cluster(1);
  ClientGet get = TestCluster::get_of("key");
  get.levels.r = Level::three();
  cluster.ask<ErrorReply>(0, get);
  CHECK(cluster.node(0).metrics().refused[static_cast<std::size_t>(StatusCode::Usage)] == 1);
  CHECK(cluster.node(0).metrics().requests.lines().empty());
}

TEST_CASE("NodeMetrics: a listing of keys is measured as one request") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<KeysReply>(0, ClientKeys{.bucket = "bucket"});
  CHECK(latency_of(cluster, 0, {.kind = RequestKind::Keys}).count() == 1);
  CHECK(latency_of(cluster, 0, {.kind = RequestKind::Get}).count() == 0);
}

TEST_CASE("NodeMetrics: a forwarded put is its client's node's request, and a forward") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::size_t stranger = cluster.stranger_to("key");
  cluster.ask<PutReply>(stranger, cluster.put_of("key", "value"));
  CHECK(latency_of(cluster, stranger, {.kind = RequestKind::Put}).count() == 1);
  CHECK(cluster.node(stranger).metrics().forwarded_puts == 1);
  for (const std::size_t owner : cluster.owners_of("key")) {
    CHECK(cluster.node(owner).metrics().requests.lines().empty());
  }
}

TEST_CASE("NodeMetrics: a read that mends a replica is counted, and so is each peer's answer") {
  TestCluster cluster(3);
  // Or the write would be brought to who missed it before anybody reads.
  NodeOptions without_hints;
  without_hints.hint_bytes_max = 1;
  cluster.restart_with(without_hints);
  cluster.cut(0, 1);
  cluster.cut(0, 2);
  ClientPut put = cluster.put_of("key", "value");
  put.levels.w = Level::one();
  cluster.ask<PutReply>(0, put);
  cluster.connect_all();
  const std::uint32_t repaired = cluster.ask<GetReply>(0, TestCluster::get_of("key")).repaired;
  CHECK(repaired > 0);
  const NodeMetrics& metrics = cluster.node(0).metrics();
  CHECK(metrics.repaired_reads == 1);
  CHECK(metrics.repair_writes >= repaired);
  CHECK(metrics.peer_reads.size() == 2);
  CHECK_FALSE(metrics.peer_reads.contains(cluster.id(0)));
}

TEST_CASE("NodeMetrics: the report knows the members, the caches and what is under way") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
  cluster.cut(0, 2);
  const NodeReport report = cluster.node(0).report();
  CHECK(report.info.ready);
  CHECK(report.cluster.members.at(2).state == "suspect");
  CHECK(report.detector.counts.probes > 0);
  CHECK(report.record_cache_entries == 1);
  CHECK(report.record_cache.misses == 1);
  CHECK(report.operations == 0);
  CHECK(report.waiting_replies == 0);
}

}  // namespace
}  // namespace starling
