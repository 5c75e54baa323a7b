#include "replica/replica_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "store_fixture.h"
#include "version/minter.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

const CommitTicket kDurable{};

std::vector<std::string> values_of(const SiblingSet& versions) {
  std::vector<std::string> values;
  for (const Sibling& sibling : versions.siblings()) values.push_back(sibling.value);
  return values;
}

SiblingSet read_back(ReplicaStore& store, const TestKey& key) {
  const Result<ReplicaStore::View> view = store.read(key.at());
  REQUIRE(view.ok());
  return *view->versions;
}

TEST_CASE("ReplicaStore: a key that was never seen reads as the empty set, durable") {
  StoreFixture fixture;
  const TestKey key("k");
  const auto view = fixture.store.read(key.at());
  REQUIRE(view.ok());
  CHECK(view->versions->empty());
  CHECK(view->durable_at == kDurable);
}

TEST_CASE("ReplicaStore: a minted write is read at once, and waits for its commit") {
  StoreFixture fixture;
  const TestKey key("k");
  const auto outcome = fixture.store.mint(key.at(), put_of("v"));
  REQUIRE(outcome.ok());
  CHECK(outcome->live_siblings == 1);
  CHECK(fixture.engine.entries.empty());
  const auto view = fixture.store.read(key.at());
  REQUIRE(view.ok());
  CHECK(values_of(*view->versions) == std::vector<std::string>{"v"});
  CHECK(view->durable_at == outcome->ticket);
  fixture.complete_all();
  CHECK(fixture.store.read(key.at())->durable_at == kDurable);
  fixture.store.check_invariants();
}

TEST_CASE("ReplicaStore: a blind write becomes a sibling, an informed one replaces") {
  StoreFixture fixture;
  const TestKey key("k");
  const auto first = fixture.store.mint(key.at(), put_of("1"));
  const auto second = fixture.store.mint(key.at(), put_of("2"));
  REQUIRE(second.ok());
  CHECK(second->live_siblings == 2);
  const VectorClock all = read_back(fixture.store, key).clock();
  const auto third = fixture.store.mint(key.at(), put_of("3", all));
  REQUIRE(third.ok());
  CHECK(third->live_siblings == 1);
  CHECK(values_of(read_back(fixture.store, key)) == std::vector<std::string>{"3"});
  CHECK(third->minted.dot.actor == first->minted.dot.actor);
}

TEST_CASE("ReplicaStore: the delta carries the new write and the client's context only") {
  StoreFixture fixture;
  const TestKey key("k");
  (void)fixture.store.mint(key.at(), put_of("1"));
  const auto second = fixture.store.mint(key.at(), put_of("2"));
  REQUIRE(second.ok());
  CHECK(values_of(second->minted.delta) == std::vector<std::string>{"2"});
  CHECK(second->minted.delta.clock().size() == 1);
}

TEST_CASE("ReplicaStore: a merge waits for its commit, the same merge again for the same") {
  StoreFixture fixture;
  const TestKey key("k");
  const SiblingSet incoming = foreign_value(9, 1, "v");
  const auto first = fixture.store.merge(key.at(), incoming, false);
  const auto again = fixture.store.merge(key.at(), incoming, false);
  REQUIRE((first.ok() && again.ok()));
  CHECK(*first != kDurable);
  CHECK(*again == *first);
  fixture.complete_all();
  const auto late = fixture.store.merge(key.at(), incoming, true);
  REQUIRE(late.ok());
  CHECK(*late == kDurable);
  CHECK(read_back(fixture.store, key) == incoming);
}

TEST_CASE("ReplicaStore: who needs a synced copy gets one, although it was written before") {
  StoreFixture fixture({.ordinary_demand = CommitDemand::Written});
  const TestKey key("k");
  const SiblingSet incoming = foreign_value(9, 1, "v");
  const auto written = fixture.store.merge(key.at(), incoming, false);
  CHECK(fixture.engine.queue.back().demand == CommitDemand::Written);
  fixture.complete_all();
  const auto synced = fixture.store.merge(key.at(), incoming, true);
  REQUIRE((written.ok() && synced.ok()));
  CHECK(*synced > *written);
  CHECK(fixture.engine.queue.back().demand == CommitDemand::Synced);
  CHECK(*fixture.store.merge(key.at(), incoming, true) == *synced);
}

TEST_CASE("ReplicaStore: a put with DW is synced itself") {
  StoreFixture fixture({.ordinary_demand = CommitDemand::Written});
  const TestKey key("k");
  (void)fixture.store.mint(key.at(), put_of("1"));
  CHECK(fixture.engine.queue.back().demand == CommitDemand::Written);
  PutCommand put = put_of("2");
  put.levels.dw = Level::one();
  (void)fixture.store.mint(key.at(), std::move(put));
  CHECK(fixture.engine.queue.back().demand == CommitDemand::Synced);
}

TEST_CASE("ReplicaStore: a merge of nothing into nothing writes nothing") {
  StoreFixture fixture({.ordinary_demand = CommitDemand::Written});
  const TestKey key("k");
  const auto merged = fixture.store.merge(key.at(), SiblingSet(), true);
  REQUIRE(merged.ok());
  CHECK(*merged == kDurable);
  CHECK(fixture.engine.queue.empty());
}

TEST_CASE("ReplicaStore: what is durable survives a new process, which begins a new lineage") {
  StoreFixture fixture;
  const TestKey key("k");
  const auto minted = fixture.store.mint(key.at(), put_of("1"));
  fixture.complete_all();
  ReplicaStore reopened(fixture.engine, fixture.log, Minter(Incarnation{101}), Random(2), {});
  CHECK(values_of(read_back(reopened, key)) == std::vector<std::string>{"1"});
  const auto next = reopened.mint(key.at(), put_of("2"));
  REQUIRE(next.ok());
  CHECK(next->minted.dot.actor.incarnation == Incarnation{101});
  CHECK(next->live_siblings == 2);
}

TEST_CASE("ReplicaStore: a full queue refuses writes and serves reads") {
  StoreFixture fixture({.queued_bytes_max = 100});
  const TestKey key("k");
  (void)fixture.store.mint(key.at(), put_of(std::string(200, 'x')));
  CHECK(fixture.store.mint(key.at(), put_of("2")).status().code() == StatusCode::Overloaded);
  CHECK(fixture.store.merge(key.at(), foreign_value(9, 1, "v"), false).status().code() ==
        StatusCode::Overloaded);
  CHECK(read_back(fixture.store, key).siblings().size() == 1);
  fixture.complete_all();
  CHECK(fixture.store.mint(key.at(), put_of("2")).ok());
}

TEST_CASE("ReplicaStore: a damaged record is corruption for reads, merges and mints") {
  StoreFixture fixture;
  const TestKey key("k");
  fixture.engine.damaged.insert(record_store_key(key.at()));
  CHECK(fixture.store.read(key.at()).status().code() == StatusCode::Corruption);
  CHECK(fixture.store.mint(key.at(), put_of("v")).status().code() == StatusCode::Corruption);
  CHECK(fixture.store.merge(key.at(), foreign_value(9, 1, "v"), false).status().code() ==
        StatusCode::Corruption);
  CHECK(fixture.engine.queue.empty());
  CHECK(fixture.store.counters().corruptions == 3);
}

TEST_CASE("ReplicaStore: after damaged bytes the next mint begins a new incarnation, once") {
  StoreFixture fixture;
  const TestKey damaged("damaged");
  const TestKey key("k");
  (void)fixture.store.mint(key.at(), put_of("1"));
  fixture.engine.damaged.insert(record_store_key(damaged.at()));
  (void)fixture.store.read(damaged.at());
  (void)fixture.store.mint(key.at(), put_of("2"));
  const Incarnation after = fixture.store.incarnation();
  CHECK(after != Incarnation{100});
  (void)fixture.store.read(damaged.at());
  (void)fixture.store.mint(key.at(), put_of("3"));
  CHECK(fixture.store.incarnation() == after);
}

// As an engine is behind a full disk while it can not be opened again.
class ClosedEngine final : public StorageEngine {
 public:
  Result<std::optional<std::string>> get(std::string_view /*key*/) override { return closed(); }
  Status scan(std::string_view /*from*/, std::string_view /*to*/,
              const Visitor& /*visit*/) override {
    return closed();
  }
  CommitTicket commit(std::vector<StorageWrite> /*batch*/, CommitDemand /*demand*/) override {
    return {};
  }
  Status commit_now(std::vector<StorageWrite> /*batch*/) override { return closed(); }
  std::uint64_t queued_bytes() const override { return 0; }

 private:
  static Status closed() { return {StatusCode::DiskFull, "closed by the test"}; }
};

TEST_CASE("ReplicaStore: what a closed store does not show is neither absent nor damaged") {
  ClosedEngine engine;
  NullLog log;
  ReplicaStore store(engine, log, Minter(Incarnation{100}, {}), Random(1), {});
  const TestKey key("k");
  CHECK(store.read(key.at()).status().code() == StatusCode::DiskFull);
  ReplicaStore::DigestWork work{.partition = key.at().partition};
  CHECK(store.advance_digest(work, 10).code() == StatusCode::DiskFull);
  const auto scanned = store.scan(
      {.partition = key.at().partition, .bucket = "b", .visited_max = 10, .matched_max = 10});
  CHECK(scanned.status().code() == StatusCode::DiskFull);
  CHECK(store.damage().places() == 0);
  CHECK(store.counters().corruptions == 0);
}

TEST_CASE("ReplicaStore: planted, damaged bytes pass for absent") {
  StoreFixture fixture({.planted = PlantedBug::CorruptIsAbsent});
  const TestKey key("k");
  fixture.engine.damaged.insert(record_store_key(key.at()));
  CHECK(read_back(fixture.store, key).empty());
}

TEST_CASE("ReplicaStore: planted, a merge drops a concurrent sibling") {
  StoreFixture fixture({.planted = PlantedBug::DropSiblingOnMerge});
  const TestKey key("k");
  (void)fixture.store.merge(key.at(), foreign_value(8, 1, "1"), false);
  (void)fixture.store.merge(key.at(), foreign_value(9, 1, "2"), false);
  CHECK(read_back(fixture.store, key).siblings().size() == 1);
}

TEST_CASE("ReplicaStore: at the limit of siblings only a put that resolves one passes") {
  StoreFixture fixture({.siblings_max = 2});
  const TestKey key("k");
  const auto first = fixture.store.mint(key.at(), put_of("1"));
  (void)fixture.store.mint(key.at(), put_of("2"));
  CHECK(fixture.store.mint(key.at(), put_of("3")).status().code() == StatusCode::TooManySiblings);
  CHECK(fixture.store.merge(key.at(), foreign_value(9, 1, "from a peer"), false).ok());
  VectorClock context;
  context.add(first->minted.dot);
  CHECK(fixture.store.mint(key.at(), put_of("3", context)).ok());
}

TEST_CASE("ReplicaStore: the bytes of siblings have a limit too") {
  StoreFixture fixture({.sibling_bytes_max = 10});
  const TestKey key("k");
  CHECK(fixture.store.mint(key.at(), put_of("12345678901234")).ok());
  const auto refused = fixture.store.mint(key.at(), put_of("1"));
  CHECK(refused.status().code() == StatusCode::TooManySiblings);
  CHECK(read_back(fixture.store, key).siblings().size() == 1);
}

TEST_CASE("ReplicaStore: a put that resolves one sibling of many adds one value at most") {
  StoreFixture fixture({.sibling_bytes_max = 10});
  const TestKey key("k");
  const auto first = fixture.store.mint(key.at(), put_of(std::string(9, 'a')));
  REQUIRE(first.ok());
  REQUIRE(fixture.store.merge(key.at(), foreign_value(9, 1, std::string(11, 'b')), false).ok());
  const VectorClock stale = first->minted.delta.clock();
  const std::string greatest(kValueBytesMax, 'c');
  CHECK(fixture.store.mint(key.at(), put_of(greatest, stale)).status().code() ==
        StatusCode::TooManySiblings);
  CHECK(fixture.store.mint(key.at(), put_of(greatest.substr(1), stale)).ok());
}

TEST_CASE("ReplicaStore: a record above every limit still takes what lets it shrink") {
  StoreFixture fixture({.sibling_bytes_max = 10});
  const TestKey key("k");
  const std::string greatest(kValueBytesMax, 'c');
  for (const std::uint64_t minter : {7U, 8U, 9U}) {
    REQUIRE(fixture.store.merge(key.at(), foreign_value(minter, 1, greatest), false).ok());
    fixture.complete_all();
  }
  const VectorClock one = foreign_value(7, 1, "").clock();
  CHECK(fixture.store.mint(key.at(), put_of("blind")).status().code() ==
        StatusCode::TooManySiblings);
  CHECK(fixture.store.mint(key.at(), put_of("smaller", one)).ok());
  CHECK(fixture.store.mint(key.at(), put_of(greatest, read_back(fixture.store, key).clock())).ok());
  CHECK(read_back(fixture.store, key).siblings().size() == 1);
}

TEST_CASE("ReplicaStore: a merge that knows later own writes begins a new incarnation") {
  StoreFixture fixture;
  const TestKey key("k");
  const auto minted = fixture.store.mint(key.at(), put_of("1"));
  Sibling later = minted->minted.delta.siblings().front();
  later.dot.counter = 2;
  VectorClock clock;
  clock.add(minted->minted.dot);
  clock.add(later.dot);
  REQUIRE(fixture.store.merge(key.at(), SiblingSet(clock, {later}), false).ok());
  CHECK(fixture.store.incarnation() != Incarnation{100});
  CHECK(fixture.store.counters().surprises == 1);
  const auto next = fixture.store.mint(key.at(), put_of("2"));
  CHECK(next->minted.dot.actor != minted->minted.dot.actor);
}

TEST_CASE("ReplicaStore: a put whose context knows later own writes begins a new incarnation") {
  StoreFixture fixture;
  const TestKey key("k");
  const auto minted = fixture.store.mint(key.at(), put_of("1"));
  VectorClock context;
  Dot later = minted->minted.dot;
  later.counter = 7;
  context.add(later);
  const auto next = fixture.store.mint(key.at(), put_of("2", context));
  REQUIRE(next.ok());
  CHECK(next->minted.dot.actor.incarnation != Incarnation{100});
}

TEST_CASE("ReplicaStore: a dot with two values is refused, and ends minting") {
  StoreFixture fixture;
  const TestKey key("k");
  (void)fixture.store.merge(key.at(), foreign_value(9, 1, "v"), false);
  const auto collided = fixture.store.merge(key.at(), foreign_value(9, 1, "w"), false);
  CHECK(collided.status().code() == StatusCode::Failure);
  CHECK(fixture.store.counters().dot_collisions == 1);
  CHECK(fixture.store.is_minting_stopped());
  CHECK(fixture.store.mint(key.at(), put_of("x")).status().code() == StatusCode::Unavailable);
  CHECK(values_of(read_back(fixture.store, key)) == std::vector<std::string>{"v"});
}

TEST_CASE("ReplicaStore: a tight store refuses values, a full one everything but reads") {
  StoreFixture fixture;
  const TestKey key("k");
  const SiblingSet incoming = fixture.store.mint(key.at(), put_of("v"))->minted.delta;
  fixture.complete_all();
  fixture.store.set_condition(StoreCondition::Tight);
  CHECK(fixture.store.mint(key.at(), put_of("w")).status().code() == StatusCode::DiskFull);
  PutCommand deletion = put_of("");
  deletion.kind = SiblingKind::Tombstone;
  CHECK(fixture.store.mint(key.at(), PutCommand(deletion)).ok());
  CHECK(fixture.store.merge(key.at(), incoming, false).ok());
  fixture.store.set_condition(StoreCondition::Full);
  CHECK(fixture.store.mint(key.at(), PutCommand(deletion)).status().code() == StatusCode::DiskFull);
  CHECK(fixture.store.merge(key.at(), incoming, false).status().code() == StatusCode::DiskFull);
  CHECK(fixture.store.read(key.at()).ok());
}

TEST_CASE(
    "ReplicaStore: what was not committed is forgotten, and the next mint is of another actor") {
  StoreFixture fixture;
  const TestKey key("k");
  const auto first = fixture.store.mint(key.at(), put_of("kept"));
  fixture.complete_all();
  REQUIRE(fixture.store.mint(key.at(), put_of("lost")).ok());
  fixture.engine.crash();
  fixture.store.forget_uncommitted();
  CHECK(values_of(read_back(fixture.store, key)) == std::vector<std::string>{"kept"});
  const auto next = fixture.store.mint(key.at(), put_of("next"));
  REQUIRE(next.ok());
  CHECK(next->minted.dot.actor.incarnation != first->minted.dot.actor.incarnation);
  fixture.store.check_invariants();
}

RecordKey key_of(const TestKey& key) {
  return {.partition = key.at().partition, .token = key.at().token, .address = key.address};
}

TEST_CASE("ReplicaStore: an old copy is removed, and absent before the disk knows") {
  StoreFixture fixture;
  const TestKey key("k");
  const auto minted = fixture.store.mint(key.at(), put_of("v"));
  REQUIRE(minted.ok());
  const PartitionId partition = key.at().partition;
  CHECK(fixture.store.find_old_copy(partition, 10)->is_pending);
  fixture.complete_all();
  const SiblingSet record = read_back(fixture.store, key);
  const auto copy = fixture.store.find_old_copy(partition, 10);
  REQUIRE(copy.ok());
  CHECK_FALSE(copy->is_pending);
  CHECK(copy->records == 1);
  fixture.store.remove_old_copy(*copy, {});
  CHECK(read_back(fixture.store, key).empty());
  // It comes back before the removal is through: what is merged is no copy of what is there yet.
  const auto merged = fixture.store.merge(key.at(), record, true);
  REQUIRE(merged.ok());
  CHECK(*merged != kDurable);
  fixture.complete_all();
  fixture.store.forget_uncommitted();
  CHECK(read_back(fixture.store, key) == record);
}

TEST_CASE("ReplicaStore: of an old copy no more is found than was asked for, leaves last") {
  StoreFixture fixture;
  for (const char* const name : {"a", "b", "c"}) {
    REQUIRE(fixture.store.mint(TestKey(name).at(), put_of("v")).ok());
  }
  fixture.complete_all();
  const PartitionId partition = TestKey("a").at().partition;
  const auto some = fixture.store.find_old_copy(partition, 1);
  REQUIRE(some.ok());
  CHECK(some->store_keys.size() == 1);
  const auto all = fixture.store.find_old_copy(partition, 100);
  REQUIRE(all.ok());
  CHECK(all->records <= all->store_keys.size());
  fixture.store.remove_old_copy(*all, {});
  fixture.complete_all();
  CHECK(fixture.store.find_old_copy(partition, 100)->store_keys.empty());
}

TEST_CASE("ReplicaStore: a damaged record is handed out once, and refused until it is mended") {
  StoreFixture fixture;
  const TestKey key("k");
  fixture.engine.damaged.insert(record_store_key(key.at()));
  CHECK(fixture.store.read(key.at()).status().code() == StatusCode::Corruption);
  CHECK(fixture.store.merge(key.at(), foreign_value(1, 1, "v"), false).status().code() ==
        StatusCode::Corruption);
  CHECK(fixture.store.take_damaged_records() ==
        std::vector<std::string>{record_store_key(key.at())});
  CHECK(fixture.store.take_damaged_records().empty());
  CHECK(fixture.store.damage().places() == 1);
}

TEST_CASE("ReplicaStore: mending overwrites, is synced, forgets `mine`, and changes incarnation") {
  StoreFixture fixture({.ordinary_demand = CommitDemand::Written});
  const TestKey key("k");
  const Incarnation before = fixture.store.incarnation();
  fixture.engine.damaged.insert(record_store_key(key.at()));
  CHECK_FALSE(fixture.store.read(key.at()).ok());
  const auto mended = fixture.store.mend(key_of(key), foreign_value(1, 1, "v"));
  REQUIRE(mended.ok());
  CHECK(*mended == ReplicaStore::Mended::Rewritten);
  REQUIRE(fixture.engine.queue.size() == 1);
  CHECK(fixture.engine.queue.front().demand == CommitDemand::Synced);
  CHECK(fixture.store.damage().mended() == 0);
  fixture.complete_all();
  CHECK(fixture.store.read(key.at())->versions->siblings().at(0).value == "v");
  const auto stored = decode_record(record_store_key(key.at()),
                                    fixture.engine.entries.at(record_store_key(key.at())));
  REQUIRE(stored.ok());
  CHECK_FALSE(stored->record.mine.has_value());
  CHECK(fixture.store.damage().mended() == 1);
  REQUIRE(fixture.store.mint(key.at(), put_of("w")).ok());
  CHECK(fixture.store.incarnation() != before);
}

TEST_CASE("ReplicaStore: nothing is put in the place of a damaged record") {
  StoreFixture fixture;
  const TestKey key("k");
  fixture.engine.damaged.insert(record_store_key(key.at()));
  CHECK_FALSE(fixture.store.read(key.at()).ok());
  CHECK(*fixture.store.mend(key_of(key), {}) == ReplicaStore::Mended::NothingToPut);
  CHECK(fixture.engine.queue.empty());
  CHECK(fixture.store.read(key.at()).status().code() == StatusCode::Corruption);
}

TEST_CASE("ReplicaStore: a walk that can not come to a record names the gap, once") {
  StoreFixture fixture;
  const TestKey key("k");
  REQUIRE(fixture.store.merge(key.at(), foreign_value(1, 1, "v"), false).ok());
  fixture.complete_all();
  fixture.engine.damaged.insert(record_store_key(key.at()));
  for (int time = 0; time < 2; ++time) {
    ReplicaStore::DigestWork work{.partition = key.at().partition};
    CHECK_FALSE(fixture.store.advance_digest(work, 10).ok());
  }
  CHECK(fixture.store.damage().met() == 1);
  CHECK(fixture.store.take_damaged_records().empty());
  fixture.engine.damaged.clear();
  ReplicaStore::DigestWork work{.partition = key.at().partition};
  CHECK(fixture.store.advance_digest(work, 10).ok());
  CHECK(fixture.store.damage().places() == 0);
}

}  // namespace
}  // namespace starling
