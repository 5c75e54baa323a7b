#include "bench/load.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "fake_cluster.h"

namespace starling::bench {
namespace {

const LoadEvents kNoEvents{.on_loading = [](std::uint64_t) {},
                           .on_running = [](double, std::uint64_t, std::uint64_t) {}};

Duration median_of_gets(const LoadReport& report) {
  return report.counts.of(OperationKind::Get).latencies.quantile(0.5);
}

TEST_CASE("load: every workload runs to its end without an error or a sibling") {
  for (const std::string name : {"a", "b", "c", "d", "f", "insert", "put", "get"}) {
    CAPTURE(name);
    const FakeCluster cluster;
    const auto report = run_load(cluster.options(name, 300), kNoEvents);
    REQUIRE(report.ok());
    CHECK(report->workload == name);
    CHECK(report->counts.succeeded() == 300);
    CHECK(report->counts.failed() == 0);
    CHECK(report->counts.context_reads == 0);
    CHECK(cluster.siblings_most == 1);
    CHECK(report->stopped.ok());
  }
}

TEST_CASE("load: only inserts and the loading are blind") {
  const FakeCluster cluster;
  REQUIRE(run_load(cluster.options("put", 300), kNoEvents).ok());
  CHECK(cluster.blind_puts == 64);
  CHECK(cluster.puts == 364);
  CHECK(cluster.gets == 0);
}

TEST_CASE("load: each client is one connection") {
  const FakeCluster cluster;
  REQUIRE(run_load(cluster.options("get", 100), kNoEvents).ok());
  // Four clients, beside those that ask for the members, watch them and load the records.
  CHECK(cluster.connections() == 4 + 3);
}

TEST_CASE("load: the processor time is that of all members, divided by the operations") {
  const FakeCluster cluster;
  const auto report = run_load(cluster.options("get", 100), kNoEvents);
  REQUIRE(report.ok());
  CHECK(report->server_cpu_us_per_operation == doctest::Approx(10));
}

TEST_CASE("load: at a fixed rate a stall is charged to everybody it kept waiting") {
  FakeCluster cluster;
  LoadOptions options = cluster.options("get", 1);
  options.operations.reset();
  options.duration = std::chrono::seconds(1);
  options.clients = 1;
  options.pipeline = 1;
  options.rate = 200;
  cluster.gets_before_a_stall = 20;
  cluster.stall = std::chrono::milliseconds(800);
  const auto paced = run_load(options, kNoEvents);
  REQUIRE(paced.ok());
  // 160 of 200 operations were due while the server stalled, and waited 400 ms in the mean.
  CHECK(median_of_gets(*paced) > std::chrono::milliseconds(100));
  CHECK(paced->counts.succeeded() + paced->not_begun <= 201);
  CHECK(paced->counts.succeeded() + paced->not_begun >= 199);

  FakeCluster other;
  options.endpoints = {other.endpoint()};
  options.rate.reset();
  other.gets_before_a_stall = 20;
  other.stall = std::chrono::milliseconds(800);
  const auto closed = run_load(options, kNoEvents);
  REQUIRE(closed.ok());
  CHECK(median_of_gets(*closed) < std::chrono::milliseconds(100));
}

TEST_CASE("load: errors are counted, and do not end it before its time") {
  FakeCluster cluster;
  LoadOptions options = cluster.options("insert", 1);
  options.records = 0;
  options.operations.reset();
  options.duration = std::chrono::milliseconds(300);
  cluster.puts_end_with = StatusCode::Unavailable;
  const auto report = run_load(options, kNoEvents);
  REQUIRE(report.ok());
  const OperationCounts& inserts = report->counts.of(OperationKind::Insert);
  CHECK(inserts.errors_by_code.at(StatusCode::Unavailable) == inserts.errors);
  CHECK(inserts.errors >= 8);
  CHECK_FALSE(report->server_cpu_us_per_operation.has_value());
}

TEST_CASE("load: options that make no sense, and a cluster that is not there, are told at once") {
  const FakeCluster cluster;
  LoadOptions options = cluster.options("a", 1);
  options.clients = 0;
  CHECK(run_load(options, kNoEvents).status().code() == StatusCode::Usage);
  options = cluster.options("a", 1);
  options.endpoints = {"127.0.0.1:1"};
  CHECK(run_load(options, kNoEvents).status().code() == StatusCode::Unreachable);
}

}  // namespace
}  // namespace starling::bench
