#include "replica/record_walk.h"

#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "base/planted_bug.h"
#include "env/storage_engine.h"
#include "replica/key_layout.h"
#include "replica/record_cache.h"
#include "replica/record_codec.h"
#include "ring/token.h"
#include "support/memory_engine.h"

namespace starling {
namespace {

// Records are named by one letter, which is their token as well.
struct WalkFixture {
  static std::string store_key(char name) {
    const KeyAddress address{.bucket = "b", .key = std::string(1, name)};
    return record_store_key({.partition = PartitionId{1},
                             .token = Token{static_cast<std::uint64_t>(name)},
                             .address = address});
  }

  void store(char name) {
    engine.entries[store_key(name)] = encode_record(store_key(name), StoredRecord{});
  }
  void overlay(char name) {
    RecordCache::Entry& entry = cache.insert(store_key(name), StoredRecord{}, CommitDemand::Synced);
    cache.pin(entry, CommitTicket{++tickets}, CommitDemand::Synced);
  }

  // The names in the order of the walk; of the overlay's in capitals.
  std::string walk(std::size_t visits_max = 100, PlantedBug planted = PlantedBug::None) {
    std::string names;
    status = walk_records(
        engine, cache, bounds_of_table(PartitionId{1}, StoreTable::Records), planted,
        [&](const WalkedRecord& walked) {
          const char name = walked.key.address.key.front();
          const bool pinned = walked.durable_at != CommitTicket{};
          names += static_cast<char>(pinned ? name - 'a' + 'A' : name);
          return names.size() < visits_max;
        },
        stop);
    return names;
  }

  MemoryEngine engine;
  RecordCache cache{1U << 20U};
  std::uint64_t tickets = 0;
  Status status;
  WalkStop stop;
};

TEST_CASE("RecordWalk: the overlay is merged into the engine's records in order") {
  WalkFixture fixture;
  for (const char name : {'b', 'd', 'f'}) fixture.store(name);
  for (const char name : {'g', 'a', 'e', 'd'}) fixture.overlay(name);
  CHECK(fixture.walk() == "AbDEfG");
  CHECK(fixture.status.ok());
}

TEST_CASE("RecordWalk: it stops where the visitor says") {
  WalkFixture fixture;
  for (const char name : {'b', 'd'}) fixture.store(name);
  for (const char name : {'a', 'c', 'e'}) fixture.overlay(name);
  CHECK(fixture.walk(1) == "A");
  CHECK(fixture.walk(2) == "Ab");
  CHECK(fixture.walk(3) == "AbC");
  CHECK(fixture.walk(4) == "AbCd");
  CHECK(fixture.walk(5) == "AbCdE");
}

TEST_CASE("RecordWalk: other partitions and tables are not visited") {
  WalkFixture fixture;
  fixture.store('a');
  fixture.engine.entries[bounds_of_table(PartitionId{1}, StoreTable::LeafSums).from] = "x";
  fixture.engine.entries[bounds_of_table(PartitionId{0}, StoreTable::Hints).from] = "x";
  CHECK(fixture.walk() == "a");
  CHECK(fixture.status.ok());
}

TEST_CASE("RecordWalk: a damaged record ends the walk with corruption") {
  WalkFixture fixture;
  for (const char name : {'a', 'b', 'c'}) fixture.store(name);
  fixture.engine.entries[WalkFixture::store_key('b')].back() ^= 1;
  CHECK(fixture.walk() == "a");
  CHECK(fixture.status.code() == StatusCode::Corruption);
  CHECK(fixture.stop.is_damaged_record);
  CHECK(fixture.stop.at == WalkFixture::store_key('b'));
  CHECK(fixture.walk(100, PlantedBug::CorruptIsAbsent) == "ac");
}

TEST_CASE("RecordWalk: a damaged record under a pinned one is of the past") {
  WalkFixture fixture;
  fixture.store('a');
  fixture.engine.entries[WalkFixture::store_key('a')].back() ^= 1;
  fixture.overlay('a');
  CHECK(fixture.walk() == "A");
  CHECK(fixture.status.ok());
}

TEST_CASE("RecordWalk: what the engine can not read is corruption") {
  WalkFixture fixture;
  fixture.store('a');
  fixture.engine.damaged.insert(WalkFixture::store_key('a'));
  CHECK(fixture.walk().empty());
  CHECK(fixture.status.code() == StatusCode::Corruption);
}

}  // namespace
}  // namespace starling
