// Scans and digests of ReplicaStore.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "replica/replica_store.h"
#include "store_fixture.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

ReplicaStore::ScanQuery query_of(std::string prefix = "") {
  return {.partition = PartitionId{7},
          .bucket = "b",
          .prefix = std::move(prefix),
          .after = std::nullopt,
          .visited_max = 1000,
          .matched_max = 1000};
}

void put(StoreFixture& fixture, const std::string& key) {
  const TestKey address(key);
  REQUIRE(fixture.store.mint(address.at(), put_of("value of " + key)).ok());
}

// Scans page by page until the partition is through.
std::vector<std::string> all_pages(StoreFixture& fixture, ReplicaStore::ScanQuery query) {
  std::vector<std::string> keys;
  for (;;) {
    const auto page = fixture.store.scan(query);
    REQUIRE(page.ok());
    for (const ScanEntry& entry : page->entries) keys.push_back(entry.key);
    if (!page->stopped_at.has_value()) return keys;
    query.after = RecordKey{.partition = query.partition,
                            .token = Token{hash64(page->stopped_at->key)},
                            .address = *page->stopped_at};
  }
}

Hash128 digest_of(ReplicaStore& store, std::uint32_t step) {
  ReplicaStore::DigestWork work;
  work.partition = PartitionId{7};
  while (!work.finished) REQUIRE(store.advance_digest(work, step).ok());
  return work.sum;
}

TEST_CASE("ReplicaStore: a scan shows every key once, without values, durable or not") {
  StoreFixture fixture;
  for (int i = 0; i < 20; ++i) put(fixture, "durable" + std::to_string(i));
  fixture.complete_all();
  put(fixture, "queued");
  const auto scanned = fixture.store.scan(query_of());
  REQUIRE(scanned.ok());
  CHECK(scanned->entries.size() == 21);
  CHECK_FALSE(scanned->stopped_at.has_value());
  CHECK(scanned->durable_at == fixture.engine.queue.back().ticket);
  for (const ScanEntry& entry : scanned->entries) {
    CHECK(entry.versions.siblings().front().value.empty());
  }
}

TEST_CASE("ReplicaStore: pages neither miss nor repeat a key") {
  for (const std::uint32_t bound : {1U, 2U, 3U, 7U}) {
    CAPTURE(bound);
    StoreFixture fixture;
    for (int i = 0; i < 20; ++i) put(fixture, "k" + std::to_string(i));
    fixture.engine.complete(CommitTicket{10});
    fixture.store.on_committed(CommitTicket{10});
    ReplicaStore::ScanQuery by_visits = query_of();
    by_visits.visited_max = bound;
    ReplicaStore::ScanQuery by_matches = query_of();
    by_matches.matched_max = bound;
    const auto visited = all_pages(fixture, by_visits);
    CHECK(visited == all_pages(fixture, by_matches));
    CHECK(visited.size() == 20);
    CHECK(std::set<std::string>(visited.begin(), visited.end()).size() == 20);
  }
}

TEST_CASE("ReplicaStore: a scan shows only its bucket and prefix") {
  StoreFixture fixture;
  for (const char* const key : {"apple", "apricot", "banana"}) put(fixture, key);
  TestKey elsewhere("apple pie");
  elsewhere.address.bucket = "other";
  REQUIRE(fixture.store.mint(elsewhere.at(), put_of("v")).ok());
  CHECK(all_pages(fixture, query_of("ap")).size() == 2);
  CHECK(all_pages(fixture, query_of()).size() == 3);
}

TEST_CASE("ReplicaStore: a damaged record makes scan and digest fail as a whole") {
  StoreFixture fixture;
  put(fixture, "k");
  fixture.complete_all();
  fixture.engine.entries.begin()->second.back() ^= 1;
  CHECK(fixture.store.scan(query_of()).status().code() == StatusCode::Corruption);
  ReplicaStore::DigestWork work;
  work.partition = PartitionId{7};
  CHECK(fixture.store.advance_digest(work, 10).code() == StatusCode::Corruption);
}

TEST_CASE("ReplicaStore: every damaged record that a walk finds begins one new incarnation") {
  for (const bool in_the_engine : {false, true}) {
    CAPTURE(in_the_engine);
    StoreFixture fixture;
    for (const char* const key : {"a", "b", "c"}) put(fixture, key);
    fixture.complete_all();
    std::set<std::uint64_t> incarnations{fixture.store.incarnation().value};
    // From the last to the first, since a walk ends at the first that it finds.
    for (auto it = fixture.engine.entries.rbegin(); it != fixture.engine.entries.rend(); ++it) {
      if (in_the_engine) fixture.engine.damaged.insert(it->first);
      if (!in_the_engine) it->second.back() ^= 1;
      for (int again = 0; again < 2; ++again) {
        CHECK_FALSE(fixture.store.scan(query_of()).ok());
        put(fixture, "new" + std::to_string(incarnations.size()));
        incarnations.insert(fixture.store.incarnation().value);
      }
    }
    CHECK(incarnations.size() == 4);
  }
}

TEST_CASE("ReplicaStore: a scan ends when its answer has its bytes, and goes on behind them") {
  StoreFixture fixture;
  for (int i = 0; i < 20; ++i) put(fixture, std::string(1000, 'k') + std::to_string(i));
  ReplicaStore::ScanQuery query = query_of();
  query.bytes_max = 5000;
  const auto page = fixture.store.scan(query);
  REQUIRE(page.ok());
  CHECK(page->entries.size() > 1);
  CHECK(page->entries.size() <= 5);
  CHECK(page->stopped_at.has_value());
  CHECK(all_pages(fixture, query).size() == 20);
}

TEST_CASE("ReplicaStore: the digest is the same in any number of steps") {
  StoreFixture fixture;
  for (int i = 0; i < 10; ++i) put(fixture, "k" + std::to_string(i));
  fixture.complete_all();
  put(fixture, "queued");
  const Hash128 whole = digest_of(fixture.store, 1000);
  CHECK(whole != Hash128{});
  CHECK(digest_of(fixture.store, 1) == whole);
  CHECK(digest_of(fixture.store, 4) == whole);
}

TEST_CASE("ReplicaStore: replicas with the same live values have the same digest") {
  StoreFixture one;
  StoreFixture two;
  const TestKey key("k");
  const TestKey deleted("deleted");
  const auto minted = one.store.mint(key.at(), put_of("v"));
  REQUIRE(two.store.merge(key.at(), minted->minted.delta, false).ok());
  PutCommand tombstone = put_of("");
  tombstone.kind = SiblingKind::Tombstone;
  REQUIRE(one.store.mint(deleted.at(), std::move(tombstone)).ok());
  CHECK(digest_of(one.store, 10) == digest_of(two.store, 10));
  put(two, "more");
  CHECK(digest_of(one.store, 10) != digest_of(two.store, 10));
}

}  // namespace
}  // namespace starling
