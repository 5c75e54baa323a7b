#include "membership/epoch_proposer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/chain_actions.h"
#include "message/chain_messages.h"
#include "ring/configuration.h"

namespace starling {
namespace {

constexpr unsigned kRestDoublings = 5;

}  // namespace

EpochProposer::EpochProposer(NodeId self, Incarnation incarnation, Random random,
                             ProposerTimes times)
    : self_(self), incarnation_(incarnation), random_(random), times_(times) {}

void EpochProposer::start(Electorate electorate, DrawUp draw_up, Instant now, ChainActions& out) {
  STARLING_CHECK(state_ == State::Idle || state_ == State::Decided);
  STARLING_CHECK(!electorate.voters.empty());
  electorate_ = std::move(electorate);
  draw_up_ = std::move(draw_up);
  rests_ = 0;
  prepare(now, out);
}

void EpochProposer::cancel() {
  state_ = State::Idle;
  promised_.clear();
  accepted_.clear();
  newest_.reset();
}

void EpochProposer::prepare(Instant now, ChainActions& out) {
  cancel();
  state_ = State::Preparing;
  highest_seen_ = std::max(highest_seen_, ballot_.counter) + 1;
  ballot_ = {.counter = highest_seen_, .node = self_, .incarnation = incarnation_};
  deadline_ = now + times_.round;
  send_to_voters(ChainPrepare{.epoch = electorate_.epoch, .ballot = ballot_}, out);
  out.push_back(ArmChainTimer{deadline_});
}

void EpochProposer::on_promise(NodeId from, const ChainPromise& promise, Instant now,
                               ChainActions& out) {
  if (state_ != State::Preparing || !is_current(promise.epoch, promise.ballot)) return;
  if (!counts(from, promise.store)) return;
  promised_.insert({from, promise.store});
  if (promise.accepted && (!newest_ || newest_->ballot < promise.accepted->ballot)) {
    newest_ = promise.accepted;
  }
  if (promised_.size() < electorate_.quorum()) return;
  state_ = State::Accepting;
  std::vector<Voter> promised;
  promised.reserve(promised_.size());
  for (const auto& [node, store] : promised_) promised.push_back({.node = node, .store = store});
  value_ = newest_ ? newest_->value : draw_up_(promised);
  deadline_ = now + times_.round;
  send_to_voters(ChainAccept{.epoch = electorate_.epoch, .ballot = ballot_, .value = value_}, out);
  out.push_back(ArmChainTimer{deadline_});
}

void EpochProposer::on_accepted(NodeId from, const ChainAccepted& accepted) {
  if (state_ != State::Accepting || !is_current(accepted.epoch, accepted.ballot)) return;
  if (!counts(from, accepted.store)) return;
  // A founder that promised on one disk and accepts on another has forgotten its promise.
  const auto promise = promised_.find(from);
  if (electorate_.founding && promise->second != accepted.store) return;
  accepted_.insert({from, accepted.store});
  if (accepted_.size() >= electorate_.quorum()) state_ = State::Decided;
}

void EpochProposer::on_reject(NodeId /*from*/, const ChainReject& reject, Instant now,
                              ChainActions& out) {
  if (reject.epoch != electorate_.epoch) return;
  highest_seen_ = std::max(highest_seen_, reject.promised.counter);
  const bool under_way = state_ == State::Preparing || state_ == State::Accepting;
  if (under_way && reject.ballot == ballot_) rest(now, out);
}

void EpochProposer::on_timer(Instant now, ChainActions& out) {
  if (state_ == State::Idle || state_ == State::Decided || now < deadline_) return;
  if (state_ == State::Resting) return prepare(now, out);
  rest(now, out);
}

void EpochProposer::rest(Instant now, ChainActions& out) {
  const Duration longest = times_.rest * (1U << std::min(rests_, kRestDoublings));
  ++rests_;
  state_ = State::Resting;
  deadline_ = now + random_.between(Duration{0}, longest);
  out.push_back(ArmChainTimer{deadline_});
}

void EpochProposer::send_to_voters(const ChainMessage& message, ChainActions& out) const {
  for (const Voter& voter : electorate_.voters) out.push_back(SendChain{voter.node, message});
}

bool EpochProposer::counts(NodeId from, StoreId store) const {
  return std::ranges::any_of(electorate_.voters, [&](const Voter& voter) {
    return voter.node == from && (electorate_.founding || voter.store == store);
  });
}

bool EpochProposer::is_current(Epoch epoch, const Ballot& ballot) const {
  return epoch == electorate_.epoch && ballot == ballot_;
}

const ChainValue& EpochProposer::decided() const {
  STARLING_CHECK(state_ == State::Decided);
  return value_;
}

std::string EpochProposer::describe() const {
  static constexpr std::array<std::string_view, 5> kNames{"idle", "preparing", "accepting",
                                                          "decided", "resting"};
  std::string text(kNames[static_cast<std::size_t>(state_)]);
  text += " epoch " + std::to_string(electorate_.epoch.value) + " ballot " +
          std::to_string(ballot_.counter) + " of " + std::to_string(highest_seen_) +
          ", promised by";
  const auto add = [&](const std::map<NodeId, StoreId>& voters) {
    for (const auto& [node, store] : voters) {
      text += " " + to_text(node.value) + " on " + to_text(store.value);
    }
  };
  add(promised_);
  text += ", accepted by";
  add(accepted_);
  const bool chosen = state_ == State::Accepting || state_ == State::Decided;
  if (newest_ && !chosen) text += ", bound to " + to_text(hash128(newest_->value.configuration));
  if (chosen) text += ", for " + to_text(hash128(value_.configuration));
  return text;
}

void EpochProposer::check_invariants() const {
  STARLING_CHECK(promised_.size() <= electorate_.voters.size());
  STARLING_CHECK(accepted_.size() <= electorate_.voters.size());
  STARLING_CHECK(state_ != State::Accepting || promised_.size() >= electorate_.quorum());
  STARLING_CHECK(state_ != State::Decided || accepted_.size() >= electorate_.quorum());
}

}  // namespace starling
