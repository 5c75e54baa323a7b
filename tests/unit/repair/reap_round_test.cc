#include "repair/reap_round.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"
#include "message/repair_messages.h"
#include "support/present.h"
#include "version/dot.h"

namespace starling {
namespace {

constexpr NodeId kFirst{1};
constexpr NodeId kSecond{2};
constexpr NodeId kHolder{3};

StoreStart start(NodeId node, std::uint64_t incarnation = 10) {
  return {.node = node, .store = {}, .incarnation = Incarnation{incarnation}};
}

ReapRound::Options options(std::size_t keys = 2) {
  ReapBatch batch{.round = {.initiator = kFirst, .incarnation = Incarnation{10}, .number = 1},
                  .fence = FenceStamp{5},
                  .owners = {start(kFirst), start(kSecond)}};
  for (std::size_t key = 0; key < keys; ++key)
    batch.candidates.push_back({.address = {.bucket = "b", .key = std::to_string(key)}});
  return {.batch = std::move(batch), .hint_holders = {kHolder}};
}

ReapVote vote(NodeId from, std::vector<KeyVote> keys, bool willing = true) {
  return {.round = options().batch.round,
          .voter = start(from),
          .willing = willing,
          .keys = std::move(keys)};
}

const std::vector<KeyVote> kYes{KeyVote::Yes, KeyVote::Yes};

struct Running {
  explicit Running(ReapRound::Options given = options()) : round(std::move(given)) {
    round.start(kNow, actions);
    actions.clear();
  }
  void answer(NodeId from, const ReapVote& given) {
    round.on_vote(from, given, kNow, actions);
    round.check_invariants();
  }
  [[nodiscard]] const SendReapCommit* commit() const {
    for (const ReapAction& action : actions)
      if (const auto* const found = std::get_if<SendReapCommit>(&action)) return found;
    return nullptr;
  }
  ReapRound round;
  ReapActions actions;
};

TEST_CASE("ReapRound: asks every owner and every hint holder, once each") {
  ReapRound::Options given = options();
  given.hint_holders.push_back(kSecond);
  ReapRound round(given);
  ReapActions actions;
  round.start(kNow, actions);
  REQUIRE(actions.size() == 2);
  CHECK(std::get<SendReapPrepare>(actions[1]).to == std::vector<NodeId>{kFirst, kSecond, kHolder});
  CHECK(std::get<SendReapPrepare>(actions[1]).prepare.batch == given.batch);
}

TEST_CASE("ReapRound: commits at the owners once all have said yes") {
  Running running;
  running.answer(kFirst, vote(kFirst, kYes));
  running.answer(kSecond, vote(kSecond, kYes));
  CHECK(running.commit() == nullptr);
  running.answer(kHolder, vote(kHolder, {}));
  REQUIRE(running.commit() != nullptr);
  CHECK(running.commit()->to == std::vector<NodeId>{kFirst, kSecond});
  CHECK(running.commit()->commit.batch == options().batch);
  running.round.on_commit_reply(kFirst,
                                {.round = options().batch.round, .owner = kFirst, .done = true});
  CHECK_FALSE(running.round.finished());
  running.round.on_commit_reply(kSecond, {.round = options().batch.round, .owner = kSecond});
  CHECK(running.round.finished());
  CHECK(running.round.outcome().end == ReapEnd::Committed);
  CHECK(running.round.outcome().committed_owners == 1);
}

TEST_CASE("ReapRound: a key that one owner keeps is left out, the others go on") {
  Running running;
  running.answer(kHolder, vote(kHolder, {}));
  running.answer(kFirst, vote(kFirst, {KeyVote::Yes, KeyVote::No}));
  running.answer(kSecond, vote(kSecond, kYes));
  REQUIRE(running.commit() != nullptr);
  REQUIRE(running.commit()->commit.batch.candidates.size() == 1);
  CHECK(running.commit()->commit.batch.candidates[0].address.key == "0");
}

TEST_CASE("ReapRound: a tombstone that an owner lacks is sent there, for a later round") {
  Running running;
  running.answer(kSecond, vote(kSecond, {KeyVote::Missing, KeyVote::Yes}));
  REQUIRE(running.actions.size() == 1);
  CHECK(std::get<SendMissingRecord>(running.actions[0]).to == kSecond);
  CHECK(std::get<SendMissingRecord>(running.actions[0]).address.key == "0");
}

TEST_CASE("ReapRound: a record is not sent about for the sake of its clock") {
  ReapRound::Options given = options(1);
  given.batch.candidates[0].drop = {Actor{}};
  Running running(given);
  running.answer(kSecond, vote(kSecond, {KeyVote::Missing}));
  CHECK(running.actions.empty());
}

TEST_CASE("ReapRound: one no ends it, and nothing is committed") {
  for (const NodeId refuser : {kSecond, kHolder}) {
    Running running;
    running.answer(kFirst, vote(kFirst, kYes));
    running.answer(refuser, vote(refuser, {}, false));
    CHECK(running.round.finished());
    CHECK(running.round.outcome().end == ReapEnd::Refused);
    CHECK(running.round.outcome().because_of == refuser);
    CHECK(running.commit() == nullptr);
  }
}

TEST_CASE("ReapRound: a vote of another start, for another voter or of another length is a no") {
  ReapVote other_start = vote(kSecond, kYes);
  other_start.voter.incarnation = Incarnation{11};
  for (const ReapVote& odd :
       {other_start, vote(kFirst, kYes), vote(kSecond, {KeyVote::Yes}), vote(kSecond, {})}) {
    Running running;
    running.answer(kSecond, odd);
    CHECK(running.round.outcome().end == ReapEnd::Refused);
  }
}

TEST_CASE("ReapRound: votes of other rounds, strangers and repeats count for nothing") {
  Running running;
  ReapVote old = vote(kFirst, kYes);
  old.round.number = 0;
  running.answer(kFirst, old);
  running.answer(NodeId{9}, vote(NodeId{9}, {}, false));
  running.answer(kFirst, vote(kFirst, kYes));
  running.answer(kFirst, vote(kFirst, {}, false));
  CHECK_FALSE(running.round.finished());
  CHECK(running.actions.empty());
}

TEST_CASE("ReapRound: silence ends it, whoever it is that is silent") {
  Running running;
  running.answer(kFirst, vote(kFirst, kYes));
  running.answer(kSecond, vote(kSecond, kYes));
  running.round.on_timer(kNow + std::chrono::seconds(1));
  CHECK_FALSE(running.round.finished());
  running.round.on_timer(kNow + std::chrono::seconds(5));
  CHECK(running.round.outcome().end == ReapEnd::Silence);
  CHECK(running.round.outcome().because_of == kHolder);
  running.answer(kHolder, vote(kHolder, {}));
  CHECK(running.commit() == nullptr);
}

TEST_CASE("ReapRound: a lost connection is silence, sooner") {
  Running running;
  running.round.on_peer_down(NodeId{9});
  CHECK_FALSE(running.round.finished());
  running.round.on_peer_down(kHolder);
  CHECK(running.round.outcome().end == ReapEnd::Silence);
}

TEST_CASE("ReapRound: a commit that was decided stays one, whoever confirms") {
  Running running;
  running.answer(kFirst, vote(kFirst, kYes));
  running.answer(kSecond, vote(kSecond, kYes));
  running.answer(kHolder, vote(kHolder, {}));
  running.round.on_peer_down(kFirst);
  running.round.on_timer(kNow + std::chrono::seconds(5));
  CHECK(running.round.finished());
  CHECK(running.round.outcome().end == ReapEnd::Committed);
  CHECK(running.round.outcome().committed_owners == 0);
}

TEST_CASE("ReapRound: nothing is committed where no key has the yes of all") {
  Running running;
  running.answer(kFirst, vote(kFirst, {KeyVote::Yes, KeyVote::No}));
  running.answer(kSecond, vote(kSecond, {KeyVote::No, KeyVote::Yes}));
  running.answer(kHolder, vote(kHolder, {}));
  CHECK(running.round.outcome().end == ReapEnd::NothingLeft);
  CHECK(running.commit() == nullptr);
}

}  // namespace
}  // namespace starling
