#include "bench/loading.h"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "starling/client.h"

#include "base/random.h"
#include "bench/key_name.h"
#include "bench/value_pool.h"
#include "fake_cluster.h"

namespace starling::bench {
namespace {

struct Loaded {
  Status status;
  std::vector<RecordShare> shares;
  std::uint64_t told = 0;
};

Loaded load_into(const FakeCluster& cluster) {
  const LoadOptions options = cluster.options("a", 1);
  Loaded loaded;
  for (std::uint32_t number = 0; number < options.clients; ++number) {
    loaded.shares.emplace_back(options.records, number, options.clients);
  }
  Client client({.endpoints = options.endpoints, .routing = Routing::Endpoints});
  const ValuePool values(options.value_size, Random(1));
  loaded.status = load_records(client, options, values, Random(2), loaded.shares,
                               [&](std::uint64_t records) { loaded.told = records; });
  return loaded;
}

TEST_CASE("loading: an empty bucket is filled without reading") {
  const FakeCluster cluster;
  const Loaded loaded = load_into(cluster);
  CHECK(loaded.status.ok());
  CHECK(loaded.told == 64);
  CHECK(cluster.values.size() == 64);
  CHECK(cluster.values.at(record_key(63)).front().size() == 10);
  CHECK(cluster.gets == 0);
  CHECK_FALSE(loaded.shares[3].context(63).empty());
}

TEST_CASE(
    "loading: what is there is used, what is missing, conflicting or of another size is not") {
  FakeCluster cluster;
  REQUIRE(load_into(cluster).status.ok());
  const int before = cluster.puts;
  cluster.values[record_key(5)] = {"0123456789", "another"};
  cluster.values[record_key(6)] = {"short"};
  cluster.values[record_key(7)].clear();
  const Loaded again = load_into(cluster);
  CHECK(again.status.ok());
  CHECK(cluster.puts == before + 3);
  CHECK(cluster.values.at(record_key(5)).size() == 1);
  CHECK(cluster.values.at(record_key(6)).front().size() == 10);
  CHECK_FALSE(again.shares[0].context(0).empty());
}

TEST_CASE("loading: a record whose write is in doubt is read again") {
  FakeCluster cluster;
  cluster.puts_end_with = StatusCode::InDoubt;
  CHECK(load_into(cluster).status.ok());
  CHECK(cluster.puts == 64);
}

TEST_CASE("loading: a record that is refused again and again ends it with the reason") {
  FakeCluster cluster;
  cluster.puts_end_with = StatusCode::Unavailable;
  const Loaded loaded = load_into(cluster);
  CHECK(loaded.status.code() == StatusCode::Unavailable);
  CHECK(loaded.told == 0);
}

}  // namespace
}  // namespace starling::bench
