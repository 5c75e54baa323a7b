#include "node/mender.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include "starling/options.h"

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "replica/key_layout.h"
#include "replica/record_codec.h"
#include "ring/cluster_config.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

// A request's life, and a margin for clocks that do not run alike.
constexpr Duration kRest = kTimeoutMax + std::chrono::seconds(3);

// Three nodes that all hold "key", of which node0 has just been started, so that it reads its disk.
struct DamagedRecord {
  explicit DamagedRecord(std::size_t nodes = 3) : cluster(nodes) {
    cluster.connect_all();
    // Its trees are there: nothing else has to read the record.
    pass(std::chrono::seconds(2));
    cluster.ask<PutReply>(0, cluster.put_of("key", "value"));
    cluster.stop(0);
    cluster.start(0);
    cluster.connect_all();
    cluster.engine(0).damaged.insert(store_key());
  }
  std::string store_key() const {
    const auto ring = first_ring(cluster.config());
    const KeyAddress address{.bucket = "bucket", .key = "key"};
    const Token token = ring->token_of(address.bucket, address.key);
    return record_store_key(
        {.partition = ring->partition_of(token), .token = token, .address = address});
  }
  // A client's read: this is how node0 notices.
  GetReply read() { return cluster.ask<GetReply>(0, TestCluster::get_of("key")); }
  DamageCounts damage() { return cluster.ask<NodeInfoReply>(0, ClientNodeInfo{}).damage; }
  void pass(Duration time) {
    cluster.clock.advance(time);
    cluster.settle();
  }
  bool is_sound() {
    const auto& entries = cluster.engine(0).entries;
    return !cluster.engine(0).damaged.contains(store_key()) && entries.contains(store_key()) &&
           decode_record(store_key(), entries.at(store_key())).ok();
  }

  TestCluster cluster;
};

TEST_CASE("Mender: a damaged record is served by the others, and mended a request's life later") {
  DamagedRecord record;
  CHECK(record.read().siblings.at(0).value == "value");
  CHECK(record.damage() == DamageCounts{.met = 1, .mended = 0, .waiting = 1, .unsupplied = 0});
  record.pass(kRest - std::chrono::seconds(1));
  CHECK_FALSE(record.is_sound());
  record.pass(std::chrono::seconds(1));
  CHECK(record.is_sound());
  CHECK(record.damage() == DamageCounts{.met = 1, .mended = 1, .waiting = 0, .unsupplied = 0});
  CHECK(record.read().siblings.at(0).value == "value");
}

TEST_CASE("Mender: nothing is mended until all other replicas have answered") {
  DamagedRecord record;
  record.read();
  record.cluster.cut(0, 2);
  record.pass(kRest);
  record.pass(std::chrono::seconds(20));
  CHECK_FALSE(record.is_sound());
  CHECK(record.damage().waiting == 1);
  record.cluster.connect(0, 2);
  record.pass(std::chrono::seconds(20));
  CHECK(record.is_sound());
}

TEST_CASE("Mender: another replica whose own record is damaged as well is no source") {
  DamagedRecord record;
  record.cluster.stop(1);
  record.cluster.start(1);
  record.cluster.connect_all();
  record.cluster.engine(1).damaged.insert(record.store_key());
  record.cluster.request(
      0, ClientGet{.address = {.bucket = "bucket", .key = "key"}, .levels = {.r = Level::one()}});
  record.cluster.settle();
  record.pass(kRest);
  CHECK_FALSE(record.is_sound());
  CHECK(record.damage().waiting == 1);
  // Nobody but their owner can judge what the copies that are left amount to, and must be told.
  const auto told = [&record] {
    return std::ranges::count_if(record.cluster.warnings(), [](const std::string& warning) {
      return warning.find("bucket/key can not be read here and not be mended") != std::string::npos;
    });
  };
  CHECK(told() == 0);
  for (int attempts = 0; attempts < 12; ++attempts) record.pass(std::chrono::seconds(10));
  CHECK(told() == 2);  // by each of the two, once
  CHECK_FALSE(record.is_sound());
}

TEST_CASE("Mender: what no other replica holds stays damaged and reported, not absent") {
  DamagedRecord record;
  for (const std::size_t other : {1U, 2U}) {
    record.cluster.stop(other);
    record.cluster.engine(other).entries.erase(record.store_key());
    record.cluster.start(other);
  }
  record.cluster.connect_all();
  record.cluster.request(
      0, ClientGet{.address = {.bucket = "bucket", .key = "key"}, .levels = {.r = Level::one()}});
  record.cluster.settle();
  record.pass(kRest);
  CHECK_FALSE(record.is_sound());
  CHECK(record.damage() == DamageCounts{.met = 1, .mended = 0, .waiting = 0, .unsupplied = 1});
  CHECK(record.cluster.engine(0).damaged.contains(record.store_key()));
}

TEST_CASE("Mender: a cluster of one has nobody to ask") {
  DamagedRecord record(1);
  record.cluster.ask<ErrorReply>(0, TestCluster::get_of("key"));
  record.pass(kRest);
  CHECK(record.damage() == DamageCounts{.met = 1, .mended = 0, .waiting = 0, .unsupplied = 1});
}

TEST_CASE("Mender: a mint that meets damage is one way to notice it") {
  DamagedRecord record;
  record.cluster.ask<PutReply>(0, record.cluster.put_of("key", "second"));
  CHECK(record.damage().waiting == 1);
  record.pass(kRest);
  CHECK(record.is_sound());
  CHECK(record.read().siblings.size() == 2);
}

TEST_CASE("Mender: a record that can be read after all is written anew") {
  DamagedRecord record;
  record.read();
  record.cluster.engine(0).damaged.clear();
  record.pass(kRest);
  CHECK(record.is_sound());
  CHECK(record.damage().mended == 1);
}

}  // namespace
}  // namespace starling
