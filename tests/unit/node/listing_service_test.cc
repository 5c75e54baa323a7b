#include "node/listing_service.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/bytes.h"
#include "message/client_messages.h"
#include "ring/cluster_config.h"
#include "ring/ring.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

std::vector<std::string> all_keys(TestCluster& cluster, ClientKeys request) {
  std::vector<std::string> keys;
  do {
    const auto page = cluster.ask<KeysReply>(0, request);
    CHECK(page.keys.size() <= request.limit);
    keys.insert(keys.end(), page.keys.begin(), page.keys.end());
    request.cursor = page.cursor;
    request.after.clear();
  } while (!request.cursor.empty());
  return keys;
}

TestCluster& filled(TestCluster& cluster, int keys) {
  cluster.connect_all();
  for (int i = 0; i < keys; ++i) {
    cluster.ask<PutReply>(0, cluster.put_of("key" + std::to_string(i), "value"));
  }
  return cluster;
}

TEST_CASE("ListingService: every live key is on exactly one page, whatever the page's size") {
  TestCluster cluster(3);
  filled(cluster, 40);
  for (const std::uint32_t limit : {1U, 7U, 1000U}) {
    const std::vector<std::string> keys = all_keys(cluster, {.bucket = "bucket", .limit = limit});
    CHECK(keys.size() == 40);
    CHECK(std::set<std::string>(keys.begin(), keys.end()).size() == 40);
  }
}

TEST_CASE("ListingService: deleted keys, other prefixes and other buckets are left out") {
  TestCluster cluster(3);
  filled(cluster, 12);
  cluster.ask<PutReply>(0, ClientDelete{.address = {.bucket = "bucket", .key = "key3"}});
  CHECK(all_keys(cluster, {.bucket = "bucket"}).size() == 11);
  const std::vector<std::string> tens = all_keys(cluster, {.bucket = "bucket", .prefix = "key1"});
  CHECK(std::set<std::string>(tens.begin(), tens.end()) ==
        std::set<std::string>{"key1", "key10", "key11"});
  CHECK(all_keys(cluster, {.bucket = "elsewhere"}).empty());
}

TEST_CASE("ListingService: long keys end a page before its limit, and none is missed") {
  TestCluster cluster(3);
  cluster.connect_all();
  constexpr std::size_t kKeys = 3000;
  for (std::size_t i = 0; i < kKeys; ++i) {
    cluster.ask<PutReply>(0, cluster.put_of(std::string(4000, 'k') + std::to_string(i), "v"));
  }
  const ClientKeys request{.bucket = "bucket", .limit = 10'000};
  const auto page = cluster.ask<KeysReply>(0, request);
  CHECK(page.keys.size() < kKeys);
  CHECK_FALSE(page.cursor.empty());
  CHECK(all_keys(cluster, request).size() == kKeys);
}

TEST_CASE("ListingService: a page may begin behind any key") {
  TestCluster cluster(3);
  filled(cluster, 20);
  const std::vector<std::string> keys = all_keys(cluster, {.bucket = "bucket"});
  const std::vector<std::string> rest = all_keys(cluster, {.bucket = "bucket", .after = keys[11]});
  CHECK(rest == std::vector<std::string>(keys.begin() + 12, keys.end()));
}

TEST_CASE("ListingService: pages without a quorum are unavailable, not shorter") {
  TestCluster cluster(3);
  filled(cluster, 5);
  cluster.cut(0, 1);
  cluster.cut(0, 2);
  CHECK(cluster.ask<ErrorReply>(0, ClientKeys{.bucket = "bucket"}).status.code() ==
        StatusCode::Unavailable);
}

// What encodes to a cursor: a partition, and the address behind which it goes on.
std::string cursor_of(std::uint64_t partition, const std::string& bucket, const std::string& key) {
  ByteWriter writer;
  writer.varint(partition);
  writer.sized(bucket);
  writer.sized(key);
  return to_base64_url(writer.bytes());
}

TEST_CASE("ListingService: a cursor with an impossible or misplaced key never reaches a peer") {
  TestCluster cluster(3);
  cluster.connect_all();
  const auto ring = first_ring(cluster.config());
  const std::uint64_t home = ring->partition_of(ring->token_of("bucket", "key")).value;
  for (const std::string& cursor :
       {cursor_of(home, "bucket", ""), cursor_of(home, "bucket", std::string(4097, 'k')),
        cursor_of(home, "no bucket", "key"), cursor_of((home + 1) % 8, "bucket", "key")}) {
    const std::uint64_t number =
        cluster.request(0, ClientKeys{.bucket = "bucket", .cursor = cursor});
    CHECK(cluster.sent.empty());
    CHECK(std::get<ErrorReply>(cluster.replies.at(number)).status.code() == StatusCode::Usage);
  }
}

TEST_CASE("ListingService: requests are served between two steps of a listing") {
  TestCluster cluster(1);
  filled(cluster, 3);
  const std::uint64_t listing = cluster.request(0, ClientKeys{.bucket = "bucket"});
  CHECK_FALSE(cluster.replies.contains(listing));
  const std::uint64_t get = cluster.request(0, TestCluster::get_of("key1"));
  CHECK(cluster.replies.contains(get));
  cluster.settle();
  CHECK(std::get<KeysReply>(cluster.replies.at(listing)).keys.size() == 3);
}

TEST_CASE("ListingService: a forged cursor, an absurd limit and a bad bucket are usage errors") {
  TestCluster cluster(1);
  for (const ClientKeys& request :
       {ClientKeys{.bucket = "bucket", .cursor = "AAAA"},
        ClientKeys{.bucket = "bucket", .cursor = "!"}, ClientKeys{.bucket = "bucket", .limit = 0},
        ClientKeys{.bucket = "bucket", .limit = kKeysPageMax + 1}, ClientKeys{.bucket = "a b"}}) {
    CHECK(cluster.ask<ErrorReply>(0, request).status.code() == StatusCode::Usage);
  }
}

}  // namespace
}  // namespace starling
