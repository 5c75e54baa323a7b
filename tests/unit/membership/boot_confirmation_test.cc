#include "membership/boot_confirmation.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "base/ids.h"
#include "message/peer_messages.h"
#include "ring/member.h"

namespace starling {
namespace {

using BootState = BootConfirmation::State;

const NodeId kFirst{1};
const NodeId kSecond{2};
const NodeId kThird{3};
const NodeId kFourth{4};

std::vector<Witness> witnesses(std::size_t count) {
  const std::vector<Witness> all{{.id = kFirst, .name = "a"},
                                 {.id = kSecond, .name = "b"},
                                 {.id = kThird, .name = "c"},
                                 {.id = kFourth, .name = "d"}};
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)};
}

BootAnnouncement boot(std::uint64_t store, std::uint64_t sequence, std::uint64_t incarnation) {
  return {.store = StoreId{Hash128{.high = 0, .low = store}},
          .boot_sequence = sequence,
          .incarnation = Incarnation{incarnation}};
}

BootReply verdict_on(const BootAnnouncement& announced, BootVerdict verdict) {
  return {.store = announced.store,
          .boot_sequence = announced.boot_sequence,
          .incarnation = announced.incarnation,
          .verdict = verdict};
}

TEST_CASE("BootConfirmation: a cluster of one confirms itself") {
  CHECK(BootConfirmation(boot(1, 1, 7), {}, StoreStanding::Founding).counting());
}

TEST_CASE("BootConfirmation: a founding store waits for every other member") {
  const BootAnnouncement own = boot(1, 1, 7);
  BootConfirmation confirmation(own, witnesses(2), StoreStanding::Founding);
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.state() == BootState::Waiting);
  CHECK_FALSE(confirmation.announcement().counting);
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.counting());
  CHECK(confirmation.announcement().counting);
  CHECK(confirmation.explanation().empty());
}

TEST_CASE("BootConfirmation: a store that joins counts once enough of the members confirm it") {
  const BootAnnouncement own = boot(1, 1, 7);
  BootConfirmation joining(own, {}, StoreStanding::Joining);
  CHECK_FALSE(joining.counting());
  CHECK(joining.explanation() == kWaitsToBeJoined);
  joining.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  CHECK_FALSE(joining.counting());
  joining.know_members(witnesses(3));
  CHECK_FALSE(joining.counting());
  joining.on_reply(kSecond, verdict_on(own, BootVerdict::Confirmed));
  CHECK_FALSE(joining.counting());
  joining.on_reply(kThird, verdict_on(own, BootVerdict::Confirmed));
  CHECK(joining.counting());
  // Later configurations change nothing for this start.
  joining.know_members(witnesses(4));
  CHECK(joining.counting());
}

TEST_CASE("BootConfirmation: an old copy of a store that joined is stopped before it counts") {
  const BootAnnouncement own = boot(1, 1, 7);
  BootConfirmation joining(own, {}, StoreStanding::Joining);
  joining.know_members(witnesses(3));
  joining.on_reply(kFirst, verdict_on(own, BootVerdict::RolledBack));
  joining.on_reply(kSecond, verdict_on(own, BootVerdict::Confirmed));
  joining.on_reply(kThird, verdict_on(own, BootVerdict::Confirmed));
  CHECK(joining.state() == BootState::Refused);
}

TEST_CASE("BootConfirmation: a store that counted before needs enough witnesses") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, witnesses(3), StoreStanding::Counted);
  CHECK_FALSE(confirmation.counting());
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.state() == BootState::Waiting);
  CHECK(confirmation.explanation().find("Start or reach: b, c") != std::string::npos);
  confirmation.on_reply(kThird, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.counting());
}

TEST_CASE("BootConfirmation: a store that this machine saw start last needs a majority") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation of_three(own, witnesses(2), StoreStanding::Continued);
  CHECK_FALSE(of_three.counting());
  of_three.on_reply(kSecond, verdict_on(own, BootVerdict::Confirmed));  // not the first witness
  CHECK(of_three.counting());
  BootConfirmation of_five(own, witnesses(4), StoreStanding::Continued);
  of_five.on_reply(kThird, verdict_on(own, BootVerdict::Confirmed));
  CHECK(of_five.state() == BootState::Waiting);
  of_five.on_reply(kFourth, verdict_on(own, BootVerdict::Confirmed));
  CHECK(of_five.counting());
}

TEST_CASE("BootConfirmation: a member that knows better stops a continued store as well") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, witnesses(2), StoreStanding::Continued);
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::Confirmed));
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::RolledBack));
  CHECK(confirmation.state() == BootState::Refused);
}

TEST_CASE("BootConfirmation: who is no other member confirms nothing") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, witnesses(1), StoreStanding::Counted);
  confirmation.on_reply(kThird, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.state() == BootState::Waiting);
}

TEST_CASE("BootConfirmation: one report stops an old copy, a second one moves it") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, witnesses(2), StoreStanding::Counted);
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::RolledBack));
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::RolledBack));
  CHECK(confirmation.state() == BootState::Refused);
  CHECK_FALSE(confirmation.is_rolled_back_for_sure());
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::RolledBack));
  CHECK(confirmation.is_rolled_back_for_sure());
}

TEST_CASE("BootConfirmation: a store that is known to be old still hears the reports on it") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, witnesses(2), StoreStanding::Counted);
  confirmation.refuse(BootVerdict::RolledBack);
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::RolledBack));
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::RolledBack));
  CHECK(confirmation.is_rolled_back_for_sure());
}

TEST_CASE("BootConfirmation: another store is never moved, whoever says so") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, witnesses(2), StoreStanding::Counted);
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::AnotherStore));
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::AnotherStore));
  CHECK(confirmation.state() == BootState::Refused);
  CHECK_FALSE(confirmation.is_rolled_back_for_sure());
}

TEST_CASE("BootConfirmation: another store waits again once all have agreed that it is the one") {
  const BootAnnouncement own = boot(1, 1, 8);
  BootConfirmation confirmation(own, witnesses(4), StoreStanding::Founding);
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::Confirmed));
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::AnotherStore));
  REQUIRE(confirmation.state() == BootState::Refused);
  confirmation.on_named();
  CHECK(confirmation.state() == BootState::Waiting);
  // What was confirmed before the refusal counts no more, and who is behind says nothing.
  confirmation.on_reply(kThird, verdict_on(own, BootVerdict::Confirmed));
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::AnotherStore));
  CHECK(confirmation.state() == BootState::Waiting);
  CHECK_FALSE(confirmation.is_confirmed_by(kFirst));
  // As of a store that counted before, not all are needed.
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.counting());
}

TEST_CASE("BootConfirmation: an old copy stays refused, whatever was agreed on") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, witnesses(2), StoreStanding::Counted);
  confirmation.on_named();
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::RolledBack));
  confirmation.on_named();
  CHECK(confirmation.state() == BootState::Refused);
}

TEST_CASE("BootConfirmation: a store counts no more once all have agreed on another one") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, witnesses(2), StoreStanding::Counted);
  confirmation.on_named();
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  REQUIRE(confirmation.counting());
  confirmation.on_other_named();
  CHECK(confirmation.state() == BootState::Refused);
  CHECK(confirmation.refusal() == BootVerdict::AnotherStore);
}

TEST_CASE("enough_witnesses: more than half, or half with the first one") {
  CHECK(enough_witnesses({}, {}));
  CHECK_FALSE(enough_witnesses(witnesses(1), {}));
  CHECK(enough_witnesses(witnesses(1), {kFirst}));
  CHECK(enough_witnesses(witnesses(2), {kFirst}));
  CHECK_FALSE(enough_witnesses(witnesses(2), {kSecond}));
  CHECK_FALSE(enough_witnesses(witnesses(3), {kFirst}));
  CHECK(enough_witnesses(witnesses(3), {kSecond, kThird}));
  CHECK(enough_witnesses(witnesses(4), {kFirst, kFourth}));
  CHECK_FALSE(enough_witnesses(witnesses(4), {kThird, kFourth}));
}

TEST_CASE("witnesses_of: each member has another first witness") {
  const std::vector<RingMember> members{
      {.id = kThird, .name = "c"}, {.id = kFirst, .name = "a"}, {.id = kSecond, .name = "b"}};
  CHECK(witnesses_of(kFirst, members).front().id == kSecond);
  CHECK(witnesses_of(kSecond, members).front().id == kThird);
  CHECK(witnesses_of(kThird, members).front().id == kFirst);
  CHECK(witnesses_of(kThird, members).size() == 2);
}

TEST_CASE("BootConfirmation: one member that remembers otherwise is enough to stop") {
  const BootAnnouncement own = boot(2, 1, 9);
  BootConfirmation confirmation(own, witnesses(2), StoreStanding::Counted);
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::AnotherStore));
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.state() == BootState::Refused);
  CHECK(confirmation.explanation().find("emptied or replaced") != std::string::npos);
}

TEST_CASE("BootConfirmation: a verdict on an earlier start counts for nothing") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, witnesses(2), StoreStanding::Counted);
  confirmation.on_reply(kFirst, verdict_on(boot(1, 1, 7), BootVerdict::Confirmed));
  confirmation.on_reply(kFirst, verdict_on(boot(1, 1, 7), BootVerdict::RolledBack));
  CHECK(confirmation.state() == BootState::Waiting);
}

TEST_CASE("standing_of: the machine's memory proves a store new or old, or nothing") {
  BootAnnouncement own = boot(1, 7, 70);
  own.earlier = {Incarnation{60}, Incarnation{50}};
  const BootAnnouncement fifth = boot(1, 5, 50);
  const BootAnnouncement fork = boot(1, 6, 61);
  const BootAnnouncement later = boot(1, 8, 80);
  const BootAnnouncement too_long_ago = boot(1, 4, 40);
  const BootAnnouncement other_store = boot(2, 6, 60);
  CHECK(standing_of(own, true, nullptr) == StoreStanding::Counted);
  CHECK(standing_of(own, false, nullptr) == StoreStanding::Founding);
  CHECK(standing_of(own, true, &fifth) == StoreStanding::Continued);
  CHECK(standing_of(own, true, &fork) == StoreStanding::Overtaken);
  CHECK(standing_of(own, true, &later) == StoreStanding::Overtaken);
  CHECK(standing_of(own, true, &too_long_ago) == StoreStanding::Counted);
  CHECK(standing_of(own, true, &other_store) == StoreStanding::Counted);
  CHECK(standing_of(own, false, &other_store) == StoreStanding::Founding);
}

TEST_CASE("BootConfirmation: a store that its machine knows to be old never counts") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, witnesses(2), StoreStanding::Overtaken);
  CHECK(confirmation.state() == BootState::Refused);
  CHECK_FALSE(confirmation.is_rolled_back_for_sure());
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.state() == BootState::Refused);
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::RolledBack));
  CHECK(confirmation.is_rolled_back_for_sure());
}

TEST_CASE("judge_boot: later starts of the remembered store pass, everything else does not") {
  const BootAnnouncement known = boot(1, 5, 50);
  CHECK(judge_boot(nullptr, boot(1, 1, 10)) == BootVerdict::Confirmed);
  CHECK(judge_boot(&known, boot(1, 6, 60)) == BootVerdict::Confirmed);
  CHECK(judge_boot(&known, boot(1, 5, 50)) == BootVerdict::Confirmed);
  CHECK(judge_boot(&known, boot(1, 5, 51)) == BootVerdict::RolledBack);
  CHECK(judge_boot(&known, boot(1, 4, 40)) == BootVerdict::RolledBack);
  CHECK(judge_boot(&known, boot(2, 9, 90)) == BootVerdict::AnotherStore);
}

TEST_CASE("judge_boot: a later start must descend from the remembered one") {
  const BootAnnouncement known = boot(1, 5, 50);
  BootAnnouncement later = boot(1, 7, 70);
  later.earlier = {Incarnation{60}, Incarnation{50}, Incarnation{40}};
  CHECK(judge_boot(&known, later) == BootVerdict::Confirmed);
  later.earlier[1] = Incarnation{51};  // a copy of start 4 that was started unseen
  CHECK(judge_boot(&known, later) == BootVerdict::RolledBack);
  later.earlier = {Incarnation{60}};  // it does not reach back so far
  CHECK(judge_boot(&known, later) == BootVerdict::Confirmed);
}

}  // namespace
}  // namespace starling
