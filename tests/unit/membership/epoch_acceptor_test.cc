#include "membership/epoch_acceptor.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "base/ids.h"
#include "membership/chain_actions.h"
#include "message/chain_messages.h"

namespace starling {
namespace {

constexpr Epoch kEpoch{4};
const StoreId kStore{Hash128{.high = 0, .low = 1}};
const NodeId kFirstProposer{11};
const NodeId kSecondProposer{12};

Ballot ballot(std::uint64_t counter, NodeId node = kFirstProposer) {
  return {.counter = counter, .node = node, .incarnation = Incarnation{1}};
}
ChainPrepare prepare(Ballot number) {
  return {.epoch = kEpoch, .ballot = number};
}
ChainAccept accept(Ballot number, std::string value) {
  return {.epoch = kEpoch, .ballot = number, .value = {.configuration = std::move(value)}};
}

// What was sent, as the messages of one kind.
template <typename Message>
std::vector<Message> sent(const ChainActions& actions) {
  std::vector<Message> messages;
  for (const ChainAction& action : actions) {
    const auto* const send = std::get_if<SendChain>(&action);
    if (send == nullptr) continue;
    if (const auto* const message = std::get_if<Message>(&send->message)) {
      messages.push_back(*message);
    }
  }
  return messages;
}

class Voting {
 public:
  Voting() : acceptor_(kStore, {.epoch = kEpoch}) {}

  ChainActions on(const ChainPrepare& message, NodeId from = kFirstProposer) {
    ChainActions actions;
    acceptor_.on_prepare(from, message, actions);
    acceptor_.check_invariants();
    return actions;
  }
  ChainActions on(const ChainAccept& message) {
    ChainActions actions;
    acceptor_.on_accept(kFirstProposer, message, actions);
    acceptor_.check_invariants();
    return actions;
  }
  ChainActions persisted(std::uint64_t number) {
    ChainActions actions;
    acceptor_.on_persisted(number, actions);
    acceptor_.check_invariants();
    return actions;
  }
  EpochAcceptor& acceptor() { return acceptor_; }

 private:
  EpochAcceptor acceptor_;
};

TEST_CASE("EpochAcceptor: a promise leaves when it is durable, and not before") {
  Voting voting;
  const ChainActions actions = voting.on(prepare(ballot(3)));
  REQUIRE(actions.size() == 1);
  CHECK(std::get<PersistVote>(actions[0]).vote.promised == ballot(3));
  const auto promises = sent<ChainPromise>(voting.persisted(1));
  REQUIRE(promises.size() == 1);
  CHECK(promises[0].ballot == ballot(3));
  CHECK(promises[0].store == kStore);
  CHECK_FALSE(promises[0].accepted.has_value());
}

TEST_CASE("EpochAcceptor: a later promise carries what was accepted") {
  Voting voting;
  (void)voting.on(accept(ballot(3), "x"));
  CHECK(sent<ChainAccepted>(voting.persisted(1)).size() == 1);
  (void)voting.on(prepare(ballot(5)));
  const auto promises = sent<ChainPromise>(voting.persisted(2));
  REQUIRE(promises.size() == 1);
  REQUIRE(promises[0].accepted.has_value());
  CHECK(promises[0].accepted->value.configuration == "x");
}

TEST_CASE("EpochAcceptor: what is below the promise is rejected with it, at once") {
  Voting voting;
  (void)voting.on(prepare(ballot(3, kSecondProposer)));
  const auto rejects = sent<ChainReject>(voting.on(prepare(ballot(3, kFirstProposer))));
  REQUIRE(rejects.size() == 1);
  CHECK(rejects[0].promised == ballot(3, kSecondProposer));
  CHECK(sent<ChainReject>(voting.on(accept(ballot(2), "x"))).size() == 1);
  CHECK_FALSE(voting.acceptor().vote().accepted.has_value());
}

TEST_CASE("EpochAcceptor: a repeated message is answered again, without the disk") {
  Voting voting;
  (void)voting.on(accept(ballot(3), "x"));
  CHECK(sent<ChainAccepted>(voting.on(accept(ballot(3), "x"))).empty());
  CHECK(sent<ChainAccepted>(voting.persisted(1)).size() == 2);
  const ChainActions again = voting.on(accept(ballot(3), "x"));
  CHECK(again.size() == 1);
  CHECK(sent<ChainAccepted>(again).size() == 1);
}

TEST_CASE("EpochAcceptor: answers that rest on different writes wait for their own") {
  Voting voting;
  (void)voting.on(prepare(ballot(3)));
  (void)voting.on(prepare(ballot(5)));
  CHECK(sent<ChainPromise>(voting.persisted(1)).size() == 1);
  CHECK(sent<ChainPromise>(voting.persisted(2)).size() == 1);
}

TEST_CASE("EpochAcceptor: what waits for the disk is bounded") {
  Voting voting;
  for (std::uint64_t i = 1; i <= EpochAcceptor::kWaitingMax + 10; ++i) {
    (void)voting.on(prepare(ballot(i)));
  }
  CHECK(voting.acceptor().vote().promised == ballot(EpochAcceptor::kWaitingMax));
  CHECK(sent<ChainPromise>(voting.persisted(EpochAcceptor::kWaitingMax)).size() ==
        EpochAcceptor::kWaitingMax);
}

TEST_CASE("EpochAcceptor: the next epoch begins without votes, and without old answers") {
  Voting voting;
  (void)voting.on(accept(ballot(3), "x"));
  voting.acceptor().begin(Epoch{5});
  CHECK(voting.persisted(1).empty());
  CHECK(voting.acceptor().vote() == VoteRecord{.epoch = Epoch{5}});
}

}  // namespace
}  // namespace starling
