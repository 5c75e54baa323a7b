#include "membership/epoch_proposer.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/chain_actions.h"
#include "message/chain_messages.h"
#include "ring/configuration.h"

namespace starling {
namespace {

using ProposerState = EpochProposer::State;

constexpr Epoch kProposedEpoch{4};

StoreId store(std::uint64_t number) {
  return StoreId{Hash128{.high = 0, .low = number}};
}
Instant at(int second) {
  return Instant{} + std::chrono::seconds(second);
}

EpochProposer::Electorate three_voters(bool founding = false) {
  EpochProposer::Electorate electorate{.epoch = kProposedEpoch, .voters = {}, .founding = founding};
  for (std::uint64_t i = 1; i <= 3; ++i) {
    electorate.voters.push_back({.node = NodeId{i}, .store = founding ? StoreId{} : store(i)});
  }
  return electorate;
}

class Proposing {
 public:
  explicit Proposing(bool founding = false) : proposer_(NodeId{9}, Incarnation{7}, Random(1)) {
    proposer_.start(
        three_voters(founding),
        [this](const std::vector<Voter>& promised) {
          promised_ = promised;
          return ChainValue{.configuration = "own", .evidence = {}};
        },
        at(0), actions_);
  }

  void promise(std::uint64_t voter, StoreId from_store,
               std::optional<AcceptedValue> accepted = std::nullopt) {
    proposer_.on_promise(NodeId{voter},
                         {.epoch = kProposedEpoch,
                          .ballot = proposer_.ballot(),
                          .store = from_store,
                          .accepted = std::move(accepted)},
                         at(0), actions_);
    proposer_.check_invariants();
  }
  void accepted(std::uint64_t voter, StoreId from_store) {
    proposer_.on_accepted(
        NodeId{voter},
        {.epoch = kProposedEpoch, .ballot = proposer_.ballot(), .store = from_store});
    proposer_.check_invariants();
  }

  // The value of the last accept that was sent, or nothing.
  [[nodiscard]] std::string asked_for() const {
    std::string value;
    for (const ChainAction& action : actions_) {
      const auto* const send = std::get_if<SendChain>(&action);
      if (send == nullptr) continue;
      if (const auto* const accept = std::get_if<ChainAccept>(&send->message)) {
        value = accept->value.configuration;
      }
    }
    return value;
  }

  EpochProposer& proposer() { return proposer_; }
  ChainActions& actions() { return actions_; }
  [[nodiscard]] const std::vector<Voter>& promised() const { return promised_; }

 private:
  EpochProposer proposer_;
  ChainActions actions_;
  std::vector<Voter> promised_;
};

AcceptedValue earlier(std::uint64_t counter, const std::string& value) {
  return {.ballot = {.counter = counter, .node = NodeId{8}, .incarnation = Incarnation{1}},
          .value = {.configuration = value, .evidence = {}}};
}

TEST_CASE("EpochProposer: a majority that promises and accepts decides the own value") {
  Proposing proposing;
  proposing.promise(1, store(1));
  CHECK(proposing.asked_for().empty());
  proposing.promise(2, store(2));
  CHECK(proposing.asked_for() == "own");
  proposing.accepted(2, store(2));
  CHECK(proposing.proposer().state() == ProposerState::Accepting);
  proposing.accepted(3, store(3));
  REQUIRE(proposing.proposer().state() == ProposerState::Decided);
  CHECK(proposing.proposer().decided().configuration == "own");
}

TEST_CASE("EpochProposer: the accepted value of the highest ballot goes before the own one") {
  Proposing proposing;
  proposing.promise(1, store(1), earlier(7, "newer"));
  proposing.promise(2, store(2), earlier(5, "older"));
  CHECK(proposing.asked_for() == "newer");
}

TEST_CASE("EpochProposer: nobody counts twice, and no stranger at all") {
  Proposing proposing;
  proposing.promise(1, store(1));
  proposing.promise(1, store(1));
  proposing.promise(5, store(5));
  CHECK(proposing.proposer().state() == ProposerState::Preparing);
}

TEST_CASE("EpochProposer: a voter on another disk does not count") {
  Proposing proposing;
  proposing.promise(1, store(1));
  proposing.promise(2, store(99));
  CHECK(proposing.proposer().state() == ProposerState::Preparing);
  proposing.promise(3, store(3));
  proposing.accepted(1, store(1));
  proposing.accepted(3, store(99));
  CHECK(proposing.proposer().state() == ProposerState::Accepting);
}

TEST_CASE("EpochProposer: all founders must answer, each from one disk, and are made known") {
  Proposing proposing(true);
  proposing.promise(1, store(1));
  proposing.promise(2, store(2));
  CHECK(proposing.proposer().state() == ProposerState::Preparing);
  proposing.promise(3, store(33));
  REQUIRE(proposing.promised().size() == 3);
  CHECK(proposing.promised()[2].store == store(33));
  proposing.accepted(1, store(1));
  proposing.accepted(2, store(2));
  proposing.accepted(3, store(3));
  CHECK(proposing.proposer().state() == ProposerState::Accepting);
  proposing.accepted(3, store(33));
  CHECK(proposing.proposer().state() == ProposerState::Decided);
}

TEST_CASE("EpochProposer: a rejection makes it rest, and come back above what it met") {
  Proposing proposing;
  const Ballot first = proposing.proposer().ballot();
  proposing.proposer().on_reject(
      NodeId{1},
      {.epoch = kProposedEpoch, .ballot = first, .promised = {.counter = 40, .node = NodeId{8}}},
      at(0), proposing.actions());
  CHECK(proposing.proposer().state() == ProposerState::Resting);
  proposing.proposer().on_timer(at(1), proposing.actions());
  CHECK(proposing.proposer().state() == ProposerState::Preparing);
  CHECK(proposing.proposer().ballot().counter == 41);
}

TEST_CASE("EpochProposer: silence ends a round, and rests grow and stay bounded") {
  Proposing proposing;
  Duration longest{0};
  int second = 0;
  for (int round = 0; round < 40; ++round) {
    second += 100;
    proposing.proposer().on_timer(at(second), proposing.actions());
    REQUIRE(proposing.proposer().state() == ProposerState::Resting);
    const auto& timer = std::get<ArmChainTimer>(proposing.actions().back());
    longest = std::max(longest, timer.at - at(second));
    proposing.proposer().on_timer(at(second + 50), proposing.actions());
    REQUIRE(proposing.proposer().state() == ProposerState::Preparing);
  }
  CHECK(longest > std::chrono::milliseconds(400));
  CHECK(longest <= std::chrono::milliseconds(6400));
}

TEST_CASE("EpochProposer: answers to an earlier ballot are nothing") {
  Proposing proposing;
  const Ballot first = proposing.proposer().ballot();
  proposing.proposer().on_timer(at(100), proposing.actions());
  proposing.proposer().on_timer(at(200), proposing.actions());
  proposing.proposer().on_promise(NodeId{1},
                                  {.epoch = kProposedEpoch, .ballot = first, .store = store(1)},
                                  at(200), proposing.actions());
  proposing.promise(2, store(2));
  CHECK(proposing.proposer().state() == ProposerState::Preparing);
}

TEST_CASE("EpochProposer: it describes all that decides what comes next") {
  Proposing proposing;
  const std::string before = proposing.proposer().describe();
  CHECK(before.starts_with("preparing epoch 4 ballot 1"));
  proposing.promise(1, store(1), earlier(7, "newer"));
  const std::string after = proposing.proposer().describe();
  CHECK(after != before);
  CHECK(after.find("bound to") != std::string::npos);
  proposing.promise(2, store(2));
  CHECK(proposing.proposer().describe().starts_with("accepting"));
}

TEST_CASE("EpochProposer: once it is cancelled nothing moves it") {
  Proposing proposing;
  proposing.proposer().cancel();
  proposing.actions().clear();
  proposing.promise(1, store(1));
  proposing.promise(2, store(2));
  proposing.proposer().on_timer(at(100), proposing.actions());
  CHECK(proposing.proposer().state() == ProposerState::Idle);
  CHECK(proposing.actions().empty());
}

}  // namespace
}  // namespace starling
