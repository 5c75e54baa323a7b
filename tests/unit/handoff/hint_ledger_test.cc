#include "handoff/hint_ledger.h"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "handoff/hint.h"

namespace starling {
namespace {

constexpr HintSlot kBookedSlot{.partition = PartitionId{1}, .slot = 0};
constexpr HintSlot kOther{.partition = PartitionId{2}, .slot = 1};
using enum HintStanding;

TEST_CASE("HintLedger: hints of a slot come in the order in which they were taken") {
  HintLedger ledger({});
  const auto first = ledger.admit(kBookedSlot, Counted, 10);
  const auto second = ledger.admit(kOther, BestEffort, 10);
  const auto third = ledger.admit(kBookedSlot, BestEffort, 10);
  REQUIRE(third.has_value());
  CHECK(ledger.next(kBookedSlot, 0) == first->key);
  CHECK(ledger.next(kBookedSlot, first->key.sequence) == third->key);
  CHECK(ledger.next(kBookedSlot, third->key.sequence) == std::nullopt);
  CHECK(ledger.next(kOther, 0) == second->key);
  CHECK(ledger.hints_of(kBookedSlot) == 2);
  CHECK(ledger.bytes() == 30);
  CHECK(ledger.slots() == std::vector<HintSlot>{kBookedSlot, kOther});
}

TEST_CASE(
    "HintLedger: speaks against reaping a partition while it has a hint of any of its slots") {
  HintLedger ledger({});
  const auto hint = ledger.admit({.partition = PartitionId{1}, .slot = 2}, BestEffort, 1);
  REQUIRE(hint.has_value());
  CHECK(ledger.holds_hints_of(PartitionId{1}));
  CHECK_FALSE(ledger.holds_hints_of(PartitionId{0}));
  CHECK_FALSE(ledger.holds_hints_of(PartitionId{2}));
  ledger.remove(hint->key);
  CHECK_FALSE(ledger.holds_hints_of(PartitionId{1}));
}

TEST_CASE("HintLedger: a hint that is found late may have the sequence of another slot's") {
  HintLedger ledger({.hints_max = 2});
  const auto given = ledger.admit(kBookedSlot, BestEffort, 10);
  REQUIRE(given.has_value());
  const HintKey found{
      .partition = kOther.partition, .slot = kOther.slot, .sequence = given->key.sequence};
  ledger.restore(found, BestEffort, 10);
  ledger.check_invariants();
  const auto counted = ledger.admit(kOther, Counted, 10);
  REQUIRE(counted.has_value());
  CHECK(counted->dropped.size() == 1);
  ledger.check_invariants();
  ledger.remove(found);
  ledger.remove(given->key);
  ledger.check_invariants();
  CHECK(ledger.hints() == 1);
}

TEST_CASE("HintLedger: full of counted hints it refuses more, and drops none") {
  HintLedger ledger({.bytes_max = 100});
  REQUIRE(ledger.admit(kBookedSlot, Counted, 60).has_value());
  CHECK_FALSE(ledger.admit(kBookedSlot, Counted, 41).has_value());
  CHECK(ledger.admit(kBookedSlot, Counted, 40).has_value());
  CHECK(ledger.hints() == 2);
  CHECK(ledger.take_first_in_line().empty());
}

TEST_CASE("HintLedger: best effort makes room for what counts, the oldest first") {
  HintLedger ledger({.bytes_max = 100});
  const auto oldest = ledger.admit(kOther, BestEffort, 40);
  const auto newer = ledger.admit(kBookedSlot, BestEffort, 40);
  REQUIRE(newer.has_value());
  const auto counted = ledger.admit(kBookedSlot, Counted, 50);
  REQUIRE(counted.has_value());
  CHECK(counted->dropped == std::vector<HintKey>{oldest->key});
  CHECK(ledger.contains(newer->key));
  CHECK(ledger.take_first_in_line() == std::vector<PartitionId>{kOther.partition});
  CHECK(ledger.take_first_in_line().empty());
}

TEST_CASE("HintLedger: nothing is dropped for a hint that is refused anyway") {
  HintLedger ledger({.bytes_max = 100});
  REQUIRE(ledger.admit(kBookedSlot, Counted, 60).has_value());
  REQUIRE(ledger.admit(kOther, BestEffort, 40).has_value());
  CHECK_FALSE(ledger.admit(kBookedSlot, Counted, 50).has_value());
  CHECK(ledger.hints() == 2);
}

TEST_CASE("HintLedger: best effort that is refused puts its partition first in line") {
  HintLedger ledger({.bytes_max = 100});
  CHECK_FALSE(ledger.admit(kBookedSlot, BestEffort, 101).has_value());
  CHECK(ledger.take_first_in_line() == std::vector<PartitionId>{kBookedSlot.partition});
}

TEST_CASE("HintLedger: the number of hints is bounded like their bytes") {
  HintLedger ledger({.hints_max = 1});
  const auto best_effort = ledger.admit(kBookedSlot, BestEffort, 1);
  CHECK_FALSE(ledger.admit(kBookedSlot, BestEffort, 1).has_value());
  CHECK(ledger.admit(kBookedSlot, Counted, 1)->dropped == std::vector<HintKey>{best_effort->key});
  CHECK_FALSE(ledger.admit(kBookedSlot, Counted, 1).has_value());
}

TEST_CASE("HintLedger: a record that grew moves on, so that old acknowledgements miss it") {
  HintLedger ledger({.bytes_max = 100});
  const auto before = ledger.admit(kBookedSlot, Counted, 40);
  const auto after = ledger.replace(before->key, 90);
  REQUIRE(after.has_value());
  CHECK(after->key.sequence > before->key.sequence);
  CHECK(after->dropped == std::vector<HintKey>{before->key});
  ledger.remove(before->key);
  CHECK(ledger.contains(after->key));
  CHECK_FALSE(ledger.replace(after->key, 101).has_value());
  CHECK(ledger.bytes() == 90);
  ledger.check_invariants();
}

TEST_CASE("HintLedger: a hint moves to another place where there is no room for one more") {
  HintLedger ledger({.bytes_max = 50, .hints_max = 1});
  const HintKey before = ledger.admit(kBookedSlot, Counted, 40)->key;
  const HintSlot other{.partition = kBookedSlot.partition, .slot = 64};
  const HintKey after = ledger.move(before, other.slot);
  CHECK(after.sequence > before.sequence);
  CHECK_FALSE(ledger.contains(before));
  CHECK(ledger.next(other, before.sequence) == after);
  CHECK(ledger.hints() == 1);
  CHECK(ledger.bytes() == 40);
  CHECK_FALSE(ledger.admit(kBookedSlot, Counted, 1).has_value());
  ledger.check_invariants();
}

TEST_CASE("HintLedger: what the store has at the start is known again, whatever the bounds") {
  HintLedger ledger({.bytes_max = 10});
  const HintKey key{.partition = PartitionId{1}, .slot = 0, .sequence = 41};
  ledger.restore(key, Counted, 50);
  CHECK(ledger.contains(key));
  CHECK_FALSE(ledger.admit(kBookedSlot, Counted, 1).has_value());
  ledger.remove(key);
  CHECK(ledger.admit(kBookedSlot, Counted, 1)->key.sequence == 42);
}

TEST_CASE("HintLedger: keeps its books and its promises through any history") {
  const char* const text = std::getenv("STARLING_SEED");  // NOLINT(concurrency-mt-unsafe)
  const std::uint64_t seed = text == nullptr ? 77 : std::strtoull(text, nullptr, 10);
  CAPTURE(seed);
  Random random(seed);
  HintLedger ledger({.bytes_max = 1000, .hints_max = 30});
  std::map<HintKey, HintStanding> expected;
  for (int i = 0; i < 5000; ++i) {
    if (random.below(3) == 0 && !expected.empty()) {
      const auto removed =
          std::next(expected.begin(), static_cast<std::ptrdiff_t>(random.below(expected.size())));
      ledger.remove(removed->first);
      expected.erase(removed);
    } else {
      const HintSlot slot{.partition = PartitionId{static_cast<std::uint16_t>(random.below(3))},
                          .slot = static_cast<std::uint8_t>(random.below(3))};
      const HintStanding standing = random.below(2) == 0 ? Counted : BestEffort;
      const auto admitted = ledger.admit(slot, standing, random.between(1, 200));
      if (admitted.has_value()) {
        for (const HintKey& dropped : admitted->dropped) {
          CHECK(expected.at(dropped) == BestEffort);
          expected.erase(dropped);
        }
        expected[admitted->key] = standing;
      }
    }
    ledger.check_invariants();
    CHECK(ledger.hints() == expected.size());
    CHECK(ledger.hints() <= 30);
    CHECK(ledger.bytes() <= 1000);
    for (const auto& [key, standing] : expected) CHECK(ledger.contains(key));
  }
}

}  // namespace
}  // namespace starling
