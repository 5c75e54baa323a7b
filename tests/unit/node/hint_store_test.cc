#include "node/hint_store.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "handoff/hint.h"
#include "support/memory_engine.h"
#include "support/present.h"

namespace starling {
namespace {

constexpr std::uint32_t kPartitions = 4;
constexpr HintSlot kSlot{.partition = PartitionId{1}, .slot = 2};

Hint hint_of(std::uint64_t number, HintStanding standing = HintStanding::Counted) {
  Hint hint{.standing = standing, .address = {.bucket = "b", .key = std::to_string(number)}};
  hint.versions.add({.dot = {.actor = {.incarnation = Incarnation{number}}, .counter = 1}});
  return hint;
}

struct Kept {
  explicit Kept(const HintLedger::Options& bounds = {}) : options{.ledger = bounds} { start(); }
  void start() {
    store = std::make_unique<HintStore>(engine, log, options);
    store->load(kPartitions, kNow);
  }
  HintKey keep(std::uint64_t number, HintStanding standing = HintStanding::Counted) {
    const auto kept = store->keep(kSlot, hint_of(number, standing), false);
    REQUIRE(kept.ok());
    return kept->key;
  }
  void commit() {
    store->on_committed(engine.complete_all());
    store->check_invariants();
  }

  MemoryEngine engine;
  NullLog log;
  HintStore::Options options;
  std::unique_ptr<HintStore> store;
};

TEST_CASE("HintStore: a hint can be read at once, and is found again after a restart") {
  Kept kept;
  const HintKey key = kept.keep(1);
  CHECK(kept.store->read(key) == hint_of(1));
  kept.commit();
  CHECK(kept.store->read(key) == hint_of(1));
  kept.start();
  CHECK(kept.store->ledger().hints() == 1);
  CHECK(kept.store->read(key) == hint_of(1));
  CHECK(kept.keep(2).sequence > key.sequence);
}

TEST_CASE("HintStore: what was not committed is not found after a restart") {
  Kept kept;
  kept.keep(1);
  kept.engine.crash();
  kept.start();
  CHECK(kept.store->ledger().hints() == 0);
}

TEST_CASE("HintStore: an erased hint leaves the ledger when that is durable") {
  Kept kept;
  const HintKey key = kept.keep(1);
  kept.commit();
  kept.store->erase(key);
  kept.store->erase(key);
  CHECK(kept.engine.queue.size() == 1);
  CHECK(kept.store->ledger().hints() == 1);
  kept.commit();
  CHECK(kept.store->ledger().hints() == 0);
  kept.start();
  CHECK(kept.store->ledger().hints() == 0);
}

TEST_CASE(
    "HintStore: beyond its bound one that counts pushes out one that does not, or is refused") {
  Kept kept({.hints_max = 2});
  const HintKey first = kept.keep(1, HintStanding::BestEffort);
  kept.keep(2);
  kept.keep(3);
  CHECK_FALSE(kept.store->read(first).has_value());
  const auto refused = kept.store->keep(kSlot, hint_of(4), false);
  CHECK(refused.status().code() == StatusCode::Overloaded);
  kept.commit();
  kept.start();
  CHECK(kept.store->ledger().hints() == 2);
  CHECK_FALSE(kept.store->ledger().contains(first));
}

TEST_CASE("HintStore: a full store moves a hint to another place, in one write") {
  Kept kept({.hints_max = 1});
  const HintKey before = kept.keep(1);
  kept.commit();
  const auto after = kept.store->move(before, 64);
  REQUIRE(after.has_value());
  CHECK(after->slot == 64);
  CHECK(kept.store->read(*after) == hint_of(1));
  CHECK_FALSE(kept.store->move(before, 64).has_value());
  SUBCASE("a crash before it leaves the hint where it was") {
    kept.engine.crash();
    kept.start();
    CHECK(kept.store->read(before) == hint_of(1));
  }
  SUBCASE("a crash after it does not") {
    kept.commit();
    kept.engine.crash();
    kept.start();
    CHECK(kept.store->read(*after) == hint_of(1));
  }
  CHECK(kept.store->ledger().hints() == 1);
}

TEST_CASE("HintStore: what is being erased, or can not be read, does not move") {
  Kept kept;
  const HintKey erased = kept.keep(1);
  const HintKey damaged = kept.keep(2);
  kept.commit();
  kept.store->erase(erased);
  CHECK_FALSE(kept.store->move(erased, 64).has_value());
  kept.engine.damaged.insert(hint_store_key(damaged));
  CHECK_FALSE(kept.store->move(damaged, 64).has_value());
  CHECK(kept.store->ledger().contains(damaged));
  kept.commit();
  CHECK(kept.store->ledger().hints() == 1);
}

TEST_CASE("HintStore: a hint that is damaged keeps its place, and is not taken for none") {
  Kept kept;
  const HintKey key = kept.keep(1);
  kept.commit();
  std::string& bytes = kept.engine.entries[hint_store_key(key)];
  bytes.back() = static_cast<char>(bytes.back() + 1);
  kept.start();
  CHECK(kept.store->ledger().contains(key));
  CHECK_FALSE(kept.store->read(key).has_value());
}

TEST_CASE("HintStore: where a partition can not be read none is taken for it, until it can") {
  Kept kept;
  const HintKey key = kept.keep(1);
  kept.commit();
  kept.engine.damaged.insert(hint_store_key(key));
  kept.start();
  CHECK_FALSE(kept.store->complete());
  CHECK(kept.store->keep(kSlot, hint_of(2), false).status().code() == StatusCode::Corruption);
  CHECK(kept.store->keep({.partition = PartitionId{0}, .slot = 0}, hint_of(3), false).ok());
  kept.engine.damaged.clear();
  CHECK_FALSE(kept.store->on_timer(kNow));
  REQUIRE(kept.store->next_deadline().has_value());
  CHECK(kept.store->on_timer(*kept.store->next_deadline()));
  CHECK(kept.store->complete());
  CHECK(kept.store->ledger().contains(key));
  CHECK_FALSE(kept.store->next_deadline().has_value());
}

}  // namespace
}  // namespace starling
