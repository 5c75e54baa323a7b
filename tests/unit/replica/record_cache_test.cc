#include "replica/record_cache.h"

#include <string>

#include <doctest/doctest.h>

#include "env/storage_engine.h"
#include "replica/record_codec.h"

namespace starling {
namespace {

constexpr std::size_t kRoomForAFew = 2000;

RecordCache::Entry& insert(RecordCache& cache, const std::string& key) {
  return cache.insert(key, StoredRecord{}, CommitDemand::Synced);
}

TEST_CASE("RecordCache: the least recently used record goes first") {
  RecordCache cache(kRoomForAFew);
  insert(cache, "first");
  insert(cache, "second");
  for (int i = 0; i < 20; ++i) {
    insert(cache, "other" + std::to_string(i));
    CHECK(cache.find("first") != nullptr);  // used each time
    cache.check_invariants();
  }
  CHECK(cache.find("second") == nullptr);
  CHECK(cache.bytes() <= kRoomForAFew);
}

TEST_CASE("RecordCache: counts what was at hand and what was not") {
  RecordCache cache(kRoomForAFew);
  CHECK(cache.find("key") == nullptr);
  insert(cache, "key");
  CHECK(cache.find("key") != nullptr);
  CHECK(cache.find("key") != nullptr);
  CHECK(cache.lookups().hits == 2);
  CHECK(cache.lookups().misses == 1);
}

TEST_CASE("RecordCache: a pinned record is never evicted") {
  RecordCache cache(kRoomForAFew);
  cache.pin(insert(cache, "pinned"), CommitTicket{1}, CommitDemand::Synced);
  for (int i = 0; i < 20; ++i) insert(cache, "other" + std::to_string(i));
  cache.check_invariants();
  REQUIRE(cache.find("pinned") != nullptr);
  CHECK(cache.find("pinned")->ticket == CommitTicket{1});
}

TEST_CASE("RecordCache: a record stays pinned until its newest commit is through") {
  RecordCache cache(kRoomForAFew);
  RecordCache::Entry& entry = insert(cache, "key");
  cache.pin(entry, CommitTicket{1}, CommitDemand::Synced);
  cache.pin(entry, CommitTicket{2}, CommitDemand::Written);
  cache.on_committed(CommitTicket{1});
  cache.check_invariants();
  CHECK(cache.pinned().contains("key"));
  cache.on_committed(CommitTicket{2});
  cache.check_invariants();
  CHECK(cache.pinned().empty());
  CHECK(cache.find("key")->ticket == CommitTicket{});
}

TEST_CASE("RecordCache: a change is counted with its new size") {
  RecordCache cache(kRoomForAFew);
  RecordCache::Entry& entry = insert(cache, "key");
  const std::size_t before = cache.bytes();
  Sibling sibling;
  sibling.dot.counter = 1;
  sibling.value = std::string(10'000, 'x');
  VectorClock clock;
  clock.add(sibling.dot);
  entry.stored.record.versions = SiblingSet(clock, {sibling});
  cache.pin(entry, CommitTicket{1}, CommitDemand::Synced);
  cache.check_invariants();
  CHECK(cache.bytes() > before + 10'000);
}

TEST_CASE("RecordCache: the record in use stays although it is too large") {
  RecordCache cache(1);
  insert(cache, "one");
  RecordCache::Entry& two = insert(cache, "two");
  CHECK(cache.size() == 1);
  CHECK(two.store_key == "two");
  cache.pin(two, CommitTicket{1}, CommitDemand::Synced);
  insert(cache, "three");
  CHECK(cache.size() == 2);
  cache.on_committed(CommitTicket{1});
  cache.check_invariants();
  CHECK(cache.size() == 1);
}

TEST_CASE("RecordCache: pinned records come in key order") {
  RecordCache cache(kRoomForAFew);
  cache.pin(insert(cache, "b"), CommitTicket{1}, CommitDemand::Synced);
  cache.pin(insert(cache, "c"), CommitTicket{2}, CommitDemand::Synced);
  cache.pin(insert(cache, "a"), CommitTicket{3}, CommitDemand::Synced);
  std::string order;
  for (const auto& [key, entry] : cache.pinned()) order += key;
  CHECK(order == "abc");
}

TEST_CASE("RecordCache: clearing forgets what is pinned too, and it can be filled again") {
  RecordCache cache(kRoomForAFew);
  cache.pin(insert(cache, "pinned"), CommitTicket{1}, CommitDemand::Synced);
  insert(cache, "recent");
  cache.clear();
  cache.check_invariants();
  CHECK(cache.size() == 0);
  CHECK(cache.bytes() == 0);
  CHECK(cache.find("pinned") == nullptr);
  cache.pin(insert(cache, "pinned"), CommitTicket{2}, CommitDemand::Synced);
  cache.on_committed(CommitTicket{2});
  cache.check_invariants();
}

}  // namespace
}  // namespace starling
