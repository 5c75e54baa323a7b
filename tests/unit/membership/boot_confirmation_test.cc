#include "membership/boot_confirmation.h"

#include <cstdint>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "base/ids.h"
#include "message/peer_messages.h"

namespace starling {
namespace {

using State = BootConfirmation::State;

const NodeId kFirst = node_id_of("node1");
const NodeId kSecond = node_id_of("node2");

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
  CHECK(BootConfirmation(boot(1, 1, 7), 1, false).counting());
}

TEST_CASE("BootConfirmation: a founding store waits for every other member") {
  const BootAnnouncement own = boot(1, 1, 7);
  BootConfirmation confirmation(own, 3, false);
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.state() == State::Waiting);
  CHECK_FALSE(confirmation.announcement().counting);
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.counting());
  CHECK(confirmation.announcement().counting);
  CHECK(confirmation.explanation().empty());
}

TEST_CASE("BootConfirmation: a store that counted before needs a majority, itself included") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, 3, true);
  CHECK_FALSE(confirmation.counting());
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.counting());
}

TEST_CASE("BootConfirmation: one member that remembers otherwise is enough to stop") {
  const BootAnnouncement own = boot(2, 1, 9);
  BootConfirmation confirmation(own, 3, true);
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  confirmation.on_reply(kSecond, verdict_on(own, BootVerdict::AnotherStore));
  confirmation.on_reply(kFirst, verdict_on(own, BootVerdict::Confirmed));
  CHECK(confirmation.state() == State::Refused);
  CHECK(confirmation.explanation().find("emptied or replaced") != std::string::npos);
}

TEST_CASE("BootConfirmation: a verdict on an earlier start counts for nothing") {
  const BootAnnouncement own = boot(1, 2, 8);
  BootConfirmation confirmation(own, 3, true);
  confirmation.on_reply(kFirst, verdict_on(boot(1, 1, 7), BootVerdict::Confirmed));
  confirmation.on_reply(kFirst, verdict_on(boot(1, 1, 7), BootVerdict::RolledBack));
  CHECK(confirmation.state() == State::Waiting);
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

}  // namespace
}  // namespace starling
