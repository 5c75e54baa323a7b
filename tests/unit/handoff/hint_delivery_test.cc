#include "handoff/hint_delivery.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"
#include "handoff/hint.h"
#include "handoff/hint_ledger.h"
#include "message/repair_messages.h"
#include "ring/token.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

constexpr HintSlot kSlot{.partition = PartitionId{1}, .slot = 0};
constexpr HintSlot kForeign{.partition = PartitionId{2}, .slot = 0};
constexpr Token kToken{7};

SiblingSet write_of(std::uint64_t number) {
  SiblingSet versions;
  versions.add({.dot = {.actor = {.incarnation = Incarnation{number}}, .counter = 1}});
  return versions;
}

Hint message(std::uint64_t number, HintStanding standing = HintStanding::BestEffort) {
  return {.standing = standing,
          .fence = FenceStamp{3},
          .address = {.bucket = "b", .key = std::to_string(number)},
          .versions = write_of(number)};
}

// A delivery with its ledger; the store is played by whoever calls loaded().
struct Running {
  explicit Running(std::size_t hints) : delivery({}) {
    for (std::size_t i = 0; i < hints; ++i) add(kSlot);
  }
  HintKey add(const HintSlot& slot) {
    keys.push_back(ledger.admit(slot, HintStanding::BestEffort, 10)->key);
    return keys.back();
  }
  void up() { delivery.on_home_up({kSlot}, ledger, now, out); }
  void load(const HintKey& key, std::optional<Hint> hint) {
    delivery.on_loaded(key, std::move(hint), ledger, now, out);
    delivery.check_invariants();
  }
  void reply(OperationId operation, HintOutcome outcome, std::uint32_t room = 1) {
    delivery.on_reply(operation, outcome, room, ledger, now, out);
    delivery.check_invariants();
    for (const DeleteHint& gone : take<DeleteHint>()) {
      ledger.remove(gone.key);
      deleted.push_back(gone.key);
    }
  }
  template <typename Kind>
  std::vector<Kind> take() {
    std::vector<Kind> taken;
    std::erase_if(out, [&](const HintAction& action) {
      if (const auto* const found = std::get_if<Kind>(&action)) taken.push_back(*found);
      return std::holds_alternative<Kind>(action);
    });
    return taken;
  }
  // The first hint, on its way.
  SendHint sent(const Hint& hint = message(1)) {
    up();
    load(take<LoadHint>().at(0).key, hint);
    return take<SendHint>().at(0);
  }
  HintLedger ledger{{}};
  HintDelivery delivery;
  Instant now{std::chrono::seconds(100)};
  HintActions out;
  std::vector<HintKey> keys;
  std::vector<HintKey> deleted;
};

TEST_CASE("HintDelivery: begins when the home is up, with one hint, of its own slots only") {
  Running running(2);
  running.add(kForeign);
  CHECK(running.take<LoadHint>().empty());
  running.up();
  const std::vector<LoadHint> loads = running.take<LoadHint>();
  REQUIRE(loads.size() == 1);
  CHECK(loads[0].key == running.keys[0]);
}

TEST_CASE("HintDelivery: a hint is deleted when the home has it on disk, and not before") {
  Running running(1);
  const SendHint sent = running.sent();
  CHECK(sent.versions == write_of(1));
  CHECK(sent.fence == FenceStamp{3});
  CHECK(running.take<DeleteHint>().empty());
  running.reply(sent.operation, HintOutcome::Stored);
  CHECK(running.deleted == running.keys);
  CHECK(running.delivery.drained(running.ledger));
}

TEST_CASE("HintDelivery: the home's answers set the pace") {
  Running running(10);
  running.reply(running.sent().operation, HintOutcome::Stored, 4);
  CHECK(running.take<LoadHint>().size() == 4);
  CHECK(running.delivery.under_way() == 4);
}

TEST_CASE("HintDelivery: large values are bounded by their bytes, not by the window") {
  Running running(10);
  Hint large = message(1);
  std::vector<Sibling> siblings = large.versions.siblings();
  siblings[0].value.assign(std::size_t{5} << 20U, 'v');
  large.versions = SiblingSet(large.versions.clock(), std::move(siblings));
  running.reply(running.sent().operation, HintOutcome::Stored, 2);
  const std::vector<LoadHint> loads = running.take<LoadHint>();
  REQUIRE(loads.size() == 2);
  running.load(loads[0].key, large);
  running.load(loads[1].key, message(2));
  running.reply(running.take<SendHint>().at(1).operation, HintOutcome::Stored, 9);
  CHECK(running.take<LoadHint>().empty());
}

TEST_CASE("HintDelivery: silence has it sent again, after a pause") {
  Running running(1);
  const SendHint first = running.sent();
  running.now += std::chrono::seconds(2);
  running.delivery.on_timer(running.ledger, running.now, running.out);
  CHECK(running.take<LoadHint>().empty());
  running.now += std::chrono::milliseconds(100);
  running.delivery.on_timer(running.ledger, running.now, running.out);
  running.load(running.take<LoadHint>().at(0).key, message(1));
  const SendHint second = running.take<SendHint>().at(0);
  CHECK(second.key == first.key);
  running.reply(first.operation, HintOutcome::Stored);
  CHECK(running.deleted.empty());
  running.reply(second.operation, HintOutcome::Stored);
  CHECK(running.deleted == running.keys);
}

TEST_CASE("HintDelivery: a busy home is left alone for longer each time") {
  Running running(1);
  running.reply(running.sent().operation, HintOutcome::Busy);
  Duration last{};
  for (int i = 0; i < 8; ++i) {
    const Instant resume = running.take<ArmHintTimer>().back().at;
    CHECK(resume - running.now >= last);
    CHECK(resume - running.now <= std::chrono::seconds(5));
    last = resume - running.now;
    running.now = resume;
    running.delivery.on_timer(running.ledger, running.now, running.out);
    running.load(running.take<LoadHint>().at(0).key, message(1));
    running.reply(running.take<SendHint>().at(0).operation, HintOutcome::Busy);
  }
  CHECK(last == std::chrono::seconds(5));
  CHECK(running.deleted.empty());
}

TEST_CASE("HintDelivery: a home that goes away and comes back gets everything from the beginning") {
  Running running(3);
  const SendHint sent = running.sent();
  running.delivery.on_home_down();
  running.reply(sent.operation, HintOutcome::Stored);
  CHECK(running.deleted.empty());
  running.load(running.keys[0], message(1));
  CHECK(running.take<SendHint>().empty());
  running.up();
  CHECK(running.take<LoadHint>().at(0).key == running.keys[0]);
}

TEST_CASE("HintDelivery: a hint that comes while the home is up leaves at once") {
  Running running(0);
  running.up();
  CHECK(running.delivery.drained(running.ledger));
  const HintKey key = running.add(kSlot);
  running.delivery.on_hint_added(kSlot, running.ledger, running.now, running.out);
  CHECK(running.take<LoadHint>().at(0).key == key);
}

TEST_CASE("HintDelivery: a note is delivered by what this node holds at that moment") {
  Running running(1);
  running.up();
  running.load(running.keys[0],
               Hint{.kind = HintKind::Note, .address = {.bucket = "b", .key = "k"}});
  CHECK(running.take<ReadNotedRecord>().at(0).address.key == "k");
  running.delivery.on_own_record(running.keys[0], write_of(9), FenceStamp{8}, running.ledger,
                                 running.now, running.out);
  const SendHint sent = running.take<SendHint>().at(0);
  CHECK(sent.versions == write_of(9));
  CHECK(sent.fence == FenceStamp{8});
}

TEST_CASE("HintDelivery: a note about what is gone is forgotten") {
  Running running(1);
  running.up();
  running.load(running.keys[0],
               Hint{.kind = HintKind::Note, .address = {.bucket = "b", .key = "k"}});
  running.delivery.on_own_record(running.keys[0], std::nullopt, {}, running.ledger, running.now,
                                 running.out);
  CHECK(running.take<DeleteHint>().at(0).key == running.keys[0]);
}

TEST_CASE("HintDelivery: what can not be read stays, and is said") {
  Running running(2);
  running.up();
  running.load(running.keys[0], std::nullopt);
  CHECK(running.take<ReportStuckHint>().at(0).key == running.keys[0]);
  CHECK(running.delivery.stuck() == 1);
  CHECK(running.take<LoadHint>().at(1).key == running.keys[1]);
  CHECK(running.ledger.contains(running.keys[0]));
}

TEST_CASE("HintDelivery: what was stuck is tried again after a while") {
  Running running(1);
  running.up();
  running.load(running.keys[0], std::nullopt);
  CHECK(running.take<LoadHint>().size() == 1);
  running.now += std::chrono::seconds(9);
  running.delivery.on_timer(running.ledger, running.now, running.out);
  CHECK(running.take<LoadHint>().empty());
  running.now += std::chrono::seconds(1);
  running.delivery.on_timer(running.ledger, running.now, running.out);
  CHECK(running.take<LoadHint>().at(0).key == running.keys[0]);
  CHECK(running.delivery.stuck() == 0);
}

TEST_CASE("HintDelivery: one that could not be deleted is stuck, and brought once more") {
  Running running(2);
  const OperationId operation = running.sent().operation;
  running.delivery.on_reply(operation, HintOutcome::Stored, 1, running.ledger, running.now,
                            running.out);
  REQUIRE(running.take<DeleteHint>().at(0).key == running.keys[0]);
  running.out.clear();
  running.delivery.on_not_deleted(running.keys[0], running.now, running.out);
  running.delivery.check_invariants();
  CHECK(running.take<ReportStuckHint>().at(0).key == running.keys[0]);
  CHECK(running.delivery.stuck() == 1);
  // Not of one that was not to be deleted.
  running.delivery.on_not_deleted(running.keys[1], running.now, running.out);
  CHECK(running.delivery.stuck() == 1);
  running.load(running.keys[1], std::nullopt);
  running.out.clear();
  running.now += std::chrono::seconds(10);
  running.delivery.on_timer(running.ledger, running.now, running.out);
  CHECK(running.take<LoadHint>().at(0).key == running.keys[0]);
}

TEST_CASE("HintDelivery: one that the home can not take does not stand before the others") {
  Running running(2);
  running.reply(running.sent().operation, HintOutcome::Unfit);
  CHECK(running.delivery.stuck() == 1);
  CHECK(running.deleted.empty());
  CHECK(running.take<LoadHint>().at(0).key == running.keys[1]);
}

TEST_CASE("HintDelivery: a hint of a slot that had none is brought as well") {
  Running running(0);
  running.delivery.on_home_up({}, running.ledger, running.now, running.out);
  const HintKey added = running.add(kSlot);
  running.delivery.on_hint_added(kSlot, running.ledger, running.now, running.out);
  CHECK(running.take<LoadHint>().at(0).key == added);
}

TEST_CASE("HintDelivery: one that was dropped while it was being loaded is not stuck") {
  Running running(1);
  running.up();
  running.ledger.remove(running.keys[0]);
  running.load(running.keys[0], std::nullopt);
  CHECK(running.take<ReportStuckHint>().empty());
  CHECK(running.delivery.stuck() == 0);
}

TEST_CASE("judge_stale: by whether the key was reaped after the stamp") {
  const std::vector<FenceGeneration> missed{{.fence = FenceStamp{4}, .keys = {kToken}}};
  CHECK(judge_stale(FenceStamp{3}, kToken, missed) == StaleVerdict::Superseded);
  CHECK(judge_stale(FenceStamp{4}, kToken, missed) == StaleVerdict::SendAgain);
  CHECK(judge_stale(FenceStamp{3}, Token{8}, missed) == StaleVerdict::SendAgain);
  CHECK(judge_stale(FenceStamp{3}, kToken, std::nullopt) == StaleVerdict::Unknown);
}

// What becomes of a stale hint of this kind and standing, given what was reaped.
HintActions after_stale(const Hint& hint,
                        const std::optional<std::vector<FenceGeneration>>& missed) {
  Running running(1);
  running.reply(running.sent(hint).operation, HintOutcome::StaleFence);
  const std::vector<PullFence> pulls = running.take<PullFence>();
  REQUIRE(pulls.size() == 1);
  CHECK(pulls[0].since == FenceStamp{3});
  running.out.clear();
  running.delivery.on_fence(running.keys[0],
                            {.token = kToken, .fence = FenceStamp{5}, .missed = missed},
                            running.ledger, running.now, running.out);
  running.delivery.check_invariants();
  return running.out;
}

TEST_CASE("HintDelivery: a stale hint whose key was not reaped travels under the newer fence") {
  const HintActions actions =
      after_stale(message(1, HintStanding::Counted), std::vector<FenceGeneration>{});
  CHECK(std::get<SendHint>(actions.at(0)).fence == FenceStamp{5});
}

TEST_CASE("HintDelivery: a stale hint is forgotten where all agreed to forget, unless it counted") {
  const std::vector<FenceGeneration> reaped{{.fence = FenceStamp{4}, .keys = {kToken}}};
  CHECK(std::holds_alternative<DeleteHint>(after_stale(message(1), reaped).at(0)));
  CHECK(std::holds_alternative<ReportStuckHint>(
      after_stale(message(1, HintStanding::Counted), reaped).at(0)));
  Hint own = message(1);
  own.kind = HintKind::OwnRecord;
  own.mine = Dot{};
  CHECK(std::holds_alternative<ReportStuckHint>(after_stale(own, reaped).at(0)));
}

TEST_CASE("HintDelivery: a stale hint is kept where nobody knows what was reaped") {
  CHECK(std::holds_alternative<ReportStuckHint>(after_stale(message(1), std::nullopt).at(0)));
}

TEST_CASE("HintDelivery: ten thousand hints are through in seconds") {
  Running running(10'000);
  running.up();
  // The home takes 64 at once and answers after 5 ms: what a synced batch takes.
  std::size_t rounds = 0;
  while (!running.delivery.drained(running.ledger)) {
    REQUIRE(++rounds < 1000);
    for (const LoadHint& load : running.take<LoadHint>())
      running.load(load.key, message(load.key.sequence));
    running.now += std::chrono::milliseconds(5);
    for (const SendHint& sent : running.take<SendHint>())
      running.reply(sent.operation, HintOutcome::Stored, 64);
    running.take<ArmHintTimer>();
  }
  CHECK(running.deleted.size() == 10'000);
  CHECK(running.now < Instant{std::chrono::seconds(102)});
}

}  // namespace
}  // namespace starling
