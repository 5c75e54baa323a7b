#include "membership/epoch_acceptor.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "base/planted_bug.h"
#include "membership/chain_actions.h"
#include "message/chain_messages.h"

namespace starling {

EpochAcceptor::EpochAcceptor(StoreId store, VoteRecord durable, PlantedBug planted)
    : store_(store), planted_(planted), vote_(std::move(durable)) {}

void EpochAcceptor::begin(Epoch epoch) {
  STARLING_CHECK(epoch >= vote_.epoch);
  if (epoch == vote_.epoch) return;
  vote_ = {.epoch = epoch};
  waiting_.clear();
}

void EpochAcceptor::on_prepare(NodeId from, const ChainPrepare& prepare, ChainActions& out) {
  STARLING_CHECK(prepare.epoch == vote_.epoch);
  if (prepare.ballot < vote_.promised) {
    out.push_back(SendChain{
        from,
        ChainReject{.epoch = vote_.epoch, .ballot = prepare.ballot, .promised = vote_.promised}});
    return;
  }
  const bool changed = prepare.ballot != vote_.promised;
  if (changed && waiting_.size() >= kWaitingMax) return;
  vote_.promised = prepare.ballot;
  answer(from,
         ChainPromise{.epoch = vote_.epoch,
                      .ballot = prepare.ballot,
                      .store = store_,
                      .accepted = vote_.accepted},
         changed, out);
}

void EpochAcceptor::on_accept(NodeId from, const ChainAccept& accept, ChainActions& out) {
  STARLING_CHECK(accept.epoch == vote_.epoch);
  // The planted mistake: whoever was promised what, a later word counts.
  const bool is_bound = planted_ != PlantedBug::DecideTwice;
  if (is_bound && accept.ballot < vote_.promised) {
    out.push_back(SendChain{
        from,
        ChainReject{.epoch = vote_.epoch, .ballot = accept.ballot, .promised = vote_.promised}});
    return;
  }
  const bool changed = !vote_.accepted || vote_.accepted->ballot != accept.ballot;
  if (changed && waiting_.size() >= kWaitingMax) return;
  if (changed) {
    vote_.promised = accept.ballot;
    vote_.accepted = AcceptedValue{.ballot = accept.ballot, .value = accept.value};
  }
  answer(from, ChainAccepted{.epoch = vote_.epoch, .ballot = accept.ballot, .store = store_},
         changed, out);
}

// A repeated message is answered again, but not before what it rests on is durable either.
void EpochAcceptor::answer(NodeId to, ChainMessage message, bool changed, ChainActions& out) {
  if (changed) out.push_back(PersistVote{.number = ++asked_, .vote = vote_});
  if (durable_ >= asked_) {
    out.push_back(SendChain{to, std::move(message)});
  } else if (waiting_.size() < kWaitingMax) {
    waiting_.push_back({.number = asked_, .to = to, .message = std::move(message)});
  }
}

void EpochAcceptor::on_persisted(std::uint64_t number, ChainActions& out) {
  STARLING_CHECK(number <= asked_);
  durable_ = std::max(durable_, number);
  for (Waiting& waiting : waiting_) {
    if (waiting.number <= durable_)
      out.push_back(SendChain{waiting.to, std::move(waiting.message)});
  }
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.number <= durable_; });
}

void EpochAcceptor::check_invariants() const {
  STARLING_CHECK(durable_ <= asked_);
  STARLING_CHECK(waiting_.size() <= kWaitingMax);
  STARLING_CHECK(!vote_.accepted || vote_.accepted->ballot <= vote_.promised);
  STARLING_CHECK(!vote_.accepted || vote_.accepted->ballot.counter > 0);
}

}  // namespace starling
