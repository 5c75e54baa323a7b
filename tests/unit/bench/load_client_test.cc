#include "bench/load_client.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>

#include <doctest/doctest.h>

#include "base/random.h"
#include "bench/value_pool.h"
#include "fake_cluster.h"

namespace starling::bench {
namespace {

// One client with all the records, which nobody has loaded.
struct OneClient {
  explicit OneClient(const FakeCluster& cluster, const std::string& workload,
                     std::int64_t operations)
      : options(cluster.options(workload, 1)) {
    options.clients = 1;
    shared.operations_left = operations;
    shared.inserts.push_back(std::make_unique<InsertLog>());
    client = std::make_unique<LoadClient>(
        shared, 0,
        ClientOptions{.endpoints = options.endpoints, .routing = Routing::Endpoints, .rounds = 1},
        KeyChooser(Distribution::Uniform, options.records), RecordShare(options.records, 0, 1),
        Random(5));
  }

  void wait_until(std::uint64_t ended) const {
    const auto deadline = Clock::now() + std::chrono::seconds(20);
    while (Clock::now() < deadline) {
      const LoadClient::Progress progress = client->progress();
      if (progress.succeeded + progress.failed >= ended && progress.under_way == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    FAIL("the operations did not end");
  }

  LoadOptions options;
  ValuePool values{10, Random(1)};
  LoadShared shared{.options = options, .values = values, .run = 1};
  std::unique_ptr<LoadClient> client;
};

TEST_CASE("LoadClient: it asks until the operations are used up, by itself") {
  const FakeCluster cluster;
  OneClient one(cluster, "insert", 50);
  one.client->begin({});
  one.wait_until(50);
  CHECK(one.client->counts().of(OperationKind::Insert).latencies.count() == 50);
  CHECK(cluster.values.size() == 50);
  CHECK(one.shared.inserts.front()->ended() == 50);
}

TEST_CASE("LoadClient: a put whose context it does not know reads first, and says so") {
  const FakeCluster cluster;
  OneClient one(cluster, "put", 300);
  one.client->begin({});
  one.wait_until(300);
  CHECK(one.client->counts().context_reads == static_cast<std::uint64_t>(cluster.gets));
  CHECK(one.client->counts().context_reads <= one.options.records);
  CHECK(cluster.puts == 300);
  CHECK(cluster.siblings_most == 1);
  CHECK(one.client->counts().siblings == 0);
}

TEST_CASE("LoadClient: after a put in doubt the record is read again, and no sibling arises") {
  FakeCluster cluster;
  OneClient one(cluster, "put", 200);
  cluster.puts_end_with = StatusCode::InDoubt;
  one.client->begin({});
  one.wait_until(2);
  CHECK(one.client->progress().failed == 2);
  cluster.puts_end_with = StatusCode::Ok;
  one.client->proceed();
  one.wait_until(200);
  CHECK(one.client->counts().of(OperationKind::Put).errors_by_code.at(StatusCode::InDoubt) == 2);
  CHECK(cluster.siblings_most == 1);
}

TEST_CASE("LoadClient: failures are not followed by more until it is told to proceed") {
  FakeCluster cluster;
  cluster.puts_end_with = StatusCode::Unavailable;
  OneClient one(cluster, "insert", 1000);
  one.client->begin({});
  one.wait_until(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(one.client->progress().failed == 2);
  one.client->proceed();
  one.wait_until(4);
  CHECK(one.client->progress().failed == 4);
}

TEST_CASE("LoadClient: a read of what is not there is an error") {
  const FakeCluster cluster;
  OneClient one(cluster, "get", 2);
  one.client->begin({});
  one.wait_until(2);
  CHECK(one.client->counts().of(OperationKind::Get).errors_by_code.at(StatusCode::NotFound) == 2);
}

TEST_CASE("LoadClient: once it is stopped it begins nothing") {
  const FakeCluster cluster;
  OneClient one(cluster, "insert", INT64_MAX);
  one.client->begin({});
  one.client->stop();
  one.wait_until(0);
  const std::uint64_t ended = one.client->progress().succeeded;
  one.client->proceed();
  CHECK(one.client->progress().under_way == 0);
  CHECK(one.client->progress().succeeded == ended);
}

}  // namespace
}  // namespace starling::bench
