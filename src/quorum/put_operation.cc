// PutOperation: one put at the owner that mints it.
//
//   Created -> Minting -> AwaitingReplicas -> Draining -> Finished
//                              |    ^
//                              v    |
//                         AwaitingNewerRow
//
//   Created          -> Finished  too few slots can be reached: unavailable, nothing was minted; or
//                                 too few of those have room: disk full, likewise
//   Minting          -> Finished  the mint was refused; or the deadline passed: in doubt
//   AwaitingReplicas -> Draining  enough acknowledgements; or too few are left: in doubt
//   Awaiting*, Draining           a slot failed: its write is kept for it elsewhere
//   AwaitingReplicas -> AwaitingNewerRow  a replica is ahead of our ring: all answers are discarded
//   Awaiting*        -> Finished  the deadline passed: in doubt
//   Draining         -> Finished  every slot answered, or the deadline passed and the silent ones
//                                 failed
//
// From the mint on no failure is "unavailable": the dot is in this node's store, and repair may
// spread it at any later time.

#include "quorum/put_operation.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "quorum/replica_view.h"
#include "quorum/reply_tally.h"
#include "ring/row_demand.h"
#include "version/minter.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

ReplyTally::Demand tally_demand_of(const WriteDemand& demand) {
  return {.required = demand.required(), .synced = demand.dw, .primaries = demand.pw};
}

std::optional<ReplyTally::Demand> inner_demand_of(const WriteQuorum& quorum) {
  if (!quorum.inner) return std::nullopt;
  return tally_demand_of(*quorum.inner);
}

}  // namespace

PutOperation::PutOperation(Request request, ReplicaView replicas)
    : request_(std::move(request)),
      replicas_(std::move(replicas)),
      tally_(tally_demand_of(request_.quorum.outer()), inner_demand_of(request_.quorum)) {
  if (request_.planted == PlantedBug::CountOneOfTwo) tally_.count_one_of_two();
}

// Counting comes first: a write that could not succeed must not leave a dot behind, or
// "unavailable" would no longer mean that nothing was applied.
void PutOperation::start(Actions& out) {
  STARLING_CHECK(state_ == State::Created);
  const Prospect reachable = prospect(Fitness::Reachable);
  if (is_too_few(reachable)) {
    Status why(StatusCode::Unavailable, shortage(reachable) + " replicas can be reached" +
                                            (request_.sloppy ? ", stand-ins included" : "") +
                                            ": nothing was applied");
    return refuse(std::move(why), reachable.homes.outer, out);
  }
  const Prospect roomy = prospect(Fitness::Roomy);
  if (is_too_few(roomy)) {
    Status why(StatusCode::DiskFull,
               "the disks of " + std::to_string(reachable.homes.outer - roomy.homes.outer) +
                   " of " + std::to_string(reachable.homes.outer) +
                   " replicas are full, and the write needs " + std::to_string(tally_.required()) +
                   ": nothing was applied; make space there (see `starling cluster status`)");
    return refuse(std::move(why), roomy.homes.outer, out);
  }
  const Prospect uncrowded = prospect(Fitness::Uncrowded);
  if (is_too_few(uncrowded)) return refuse_crowded(uncrowded, out);
  const ReplicaView::Node* const own = replicas_.find(request_.self);
  const bool counts = own != nullptr && own->reachable && replicas_.is_read_at(request_.self);
  if (!counts && request_.planted != PlantedBug::MintAtNonOwner) {
    Status why(StatusCode::Unavailable,
               "this node's own store may not count yet: nothing was applied");
    return refuse(std::move(why), reachable.homes.outer, out);
  }
  state_ = State::Minting;
  out.emplace_back(ArmTimer{request_.deadline});
  out.emplace_back(MintLocally{});
}

void PutOperation::on_minted(Minted minted, std::uint32_t siblings, Actions& out) {
  if (state_ != State::Minting) return;  // the deadline came first, and the answer was "in doubt"
  minted_ = std::move(minted);
  siblings_ = siblings;
  // Our own copy is on its way to the disk already: its acknowledgement comes like any other's.
  replicate(Resend::ToOthers, out);
  settle(out);
}

void PutOperation::on_mint_refused(Status why, Actions& out) {
  if (state_ != State::Minting) return;
  refuse(std::move(why), 0, out);
}

void PutOperation::on_reply(NodeId from, ReplicaOutcome outcome, bool synced, Epoch epoch,
                            Actions& out) {
  if (!tally_.awaits(from)) return;  // a duplicate: the network may repeat itself
  if (outcome == ReplicaOutcome::Done) {
    tally_.acknowledge(from, synced);
  } else if (outcome == ReplicaOutcome::StaleRow && epoch > replicas_.epoch) {
    return await_newer_row(from, out);
  } else if (outcome == ReplicaOutcome::NotCounted) {
    tally_.fail(from);  // it has the write, though it does not count
  } else {
    miss(from, out);
  }
  settle(out);
}

void PutOperation::on_hint_reply(NodeId from, ReplicaOutcome outcome, bool synced, Actions& out) {
  StandIn* const stand_in = stand_in_at(from);
  if (stand_in == nullptr || !tally_.awaits(stand_in->home)) return;  // late, or of best effort
  if (outcome == ReplicaOutcome::Done) {
    tally_.acknowledge(stand_in->home, synced);
  } else {
    stand_in->failed = true;
    miss(stand_in->home, out);
  }
  settle(out);
}

void PutOperation::on_peer_down(NodeId node, Actions& out) {
  if (StandIn* const stand_in = stand_in_at(node); stand_in != nullptr) {
    stand_in->failed = true;
    if (tally_.awaits(stand_in->home)) miss(stand_in->home, out);
  } else if (tally_.awaits(node) && !is_stood_in_for(node)) {
    miss(node, out);
  }
  settle(out);
}

void PutOperation::on_given_up(Actions& out) {
  STARLING_CHECK(answered_);
  miss_all_silent(out);
  state_ = State::Finished;
}

void PutOperation::on_newer_row(const std::optional<WriteQuorum>& quorum, ReplicaView replicas,
                                Actions& out) {
  if (replicas.epoch <= replicas_.epoch) return;  // no news
  if (answered_) return;  // the answer stands; repair carries the write to the new owners
  replicas_ = std::move(replicas);
  if (!quorum) {
    tally_.restart();
    answer_in_doubt(out);
    state_ = State::Finished;
    return;
  }
  request_.quorum = *quorum;
  tally_.restart(tally_demand_of(quorum->outer()), inner_demand_of(*quorum));
  if (state_ == State::Created || state_ == State::Minting) return;  // nothing was sent yet
  const bool mints = replicas_.is_read_at(request_.self);
  if (request_.planted == PlantedBug::RemintAfterStaleRow && mints) {
    state_ = State::Minting;
    out.emplace_back(MintLocally{});
    return;
  }
  replicate(Resend::ToAll, out);
  settle(out);
}

void PutOperation::on_timer(Instant now, Actions& out) {
  if (state_ == State::Finished) return;
  if (now < request_.deadline) {
    out.emplace_back(ArmTimer{request_.deadline});
    return;
  }
  // Also while minting: a mint that is still on its way to us can not be called back.
  if (!answered_) answer_in_doubt(out);
  miss_all_silent(out);
  state_ = State::Finished;
}

std::vector<NodeId> PutOperation::silent() const {
  std::vector<NodeId> nodes;
  for (const ReplicaView::Node& node : replicas_.nodes) {
    if (tally_.awaits(node.node) && !is_stood_in_for(node.node)) nodes.push_back(node.node);
  }
  return nodes;
}

void PutOperation::check_invariants() const {
  STARLING_CHECK(tally_.acknowledged() <= replicas_.nodes.size());
  STARLING_CHECK(answered_ == (state_ == State::Draining || state_ == State::Finished));
  STARLING_CHECK(state_ != State::AwaitingReplicas || minted_.has_value());
  STARLING_CHECK(state_ != State::AwaitingReplicas || tally_.verdict() == Verdict::Pending);
  STARLING_CHECK(state_ != State::Draining || !tally_.all_answered());
}

PutOperation::Prospect PutOperation::prospect(Fitness fitness) const {
  const auto fits = [&](const ReplicaView::Node& node) { return is_fit(node, fitness); };
  const RowCount homes = count_slots(replicas_, fits);
  if (!request_.sloppy) return {.homes = homes, .with_stand_ins = homes};
  return {.homes = homes,
          .with_stand_ins = count_slots(replicas_, fits, replicas_.stand_ins.size())};
}

bool PutOperation::is_fit(const ReplicaView::Node& node, Fitness fitness) const {
  switch (fitness) {
    case Fitness::Reachable:
      return node.reachable;
    case Fitness::Roomy:
      return takes_it(node);
    case Fitness::Uncrowded:  // to the crowded ones it would only lengthen a queue
      return takes_it(node) && !node.crowded;
  }
  return false;
}

bool PutOperation::takes_it(const ReplicaView::Node& node) const {
  return node.reachable && takes(node.store, request_.kind);
}

bool PutOperation::is_too_few(const Prospect& prospect) const {
  const auto lacks = [](std::uint32_t homes, std::uint32_t all, const WriteDemand& demand) {
    return homes < demand.pw || all < demand.required();
  };
  const WriteQuorum& quorum = request_.quorum;
  return lacks(prospect.homes.outer, prospect.with_stand_ins.outer, quorum.outer()) ||
         (quorum.inner &&
          lacks(prospect.homes.inner, prospect.with_stand_ins.inner, *quorum.inner));
}

std::string PutOperation::shortage(const Prospect& prospect) const {
  const std::optional<WriteDemand>& inner = request_.quorum.inner;
  const bool inner_lacks = inner && prospect.with_stand_ins.inner < inner->required();
  const std::uint32_t slots =
      inner_lacks ? prospect.with_stand_ins.inner : prospect.with_stand_ins.outer;
  return std::to_string(slots) + " of " +
         std::to_string(inner_lacks ? inner->required() : tally_.required());
}

// Before the answer a sloppy write looks for one more node to stand in. Behind it, and where there
// is none, the hint is of best effort.
void PutOperation::miss(NodeId home, Actions& out) {
  STARLING_CHECK(minted_.has_value());
  const std::optional<NodeId> holder = unused_stand_in();
  const bool counts = request_.sloppy && !answered_ && holder.has_value();
  // Whatever became of our own commit, nobody needs to tell us of the write.
  if (home == request_.self) return tally_.fail(home);
  if (counts) {
    stand_ins_.push_back({.node = *holder, .home = home});
    tally_.entrust(home);
  } else {
    tally_.fail(home);
  }
  out.emplace_back(KeepHint{.home = home,
                            .holder = holder,
                            .standing = counts ? HintStanding::Counted : HintStanding::BestEffort,
                            .versions = holder.has_value() ? minted_->delta : SiblingSet(),
                            .must_sync = counts && request_.quorum.dw > 0});
}

// What a stand-in was sent is on its way to a disk already.
void PutOperation::miss_all_silent(Actions& out) {
  for (const ReplicaView::Node& node : replicas_.nodes) {
    if (tally_.awaits(node.node) && !is_stood_in_for(node.node)) miss(node.node, out);
  }
}

PutOperation::StandIn* PutOperation::stand_in_at(NodeId node) {
  const auto found = std::ranges::find_if(
      stand_ins_, [node](const StandIn& one) { return one.node == node && !one.failed; });
  return found == stand_ins_.end() ? nullptr : &*found;
}

bool PutOperation::is_stood_in_for(NodeId home) const {
  return std::ranges::any_of(
      stand_ins_, [home](const StandIn& one) { return one.home == home && !one.failed; });
}

// One that was asked is not asked again by this write.
std::optional<NodeId> PutOperation::unused_stand_in() const {
  for (const NodeId node : replicas_.stand_ins) {
    const bool used = std::ranges::find(stand_ins_, node, &StandIn::node) != stand_ins_.end();
    if (!used) return node;
  }
  return std::nullopt;
}

// Sends the one delta to every node that takes it and has room; the others are missed at once. A
// crowded one learns of the write by its hint, or by repair: it is behind anyway.
void PutOperation::replicate(Resend resend, Actions& out) {
  STARLING_CHECK(minted_.has_value());
  state_ = State::AwaitingReplicas;
  stand_ins_.clear();
  expect_all();
  std::vector<NodeId> to;
  for (const ReplicaView::Node& node : replicas_.nodes) {
    const bool own = node.node == request_.self;
    // Our own copy is stored already, whatever room there is now.
    if (!node.reachable || node.crowded || !(own || takes_it(node))) {
      miss(node.node, out);
    } else if (!own || resend == Resend::ToAll) {
      to.push_back(node.node);
    }
  }
  if (to.empty()) return;  // N = 1, or nobody else is left
  out.emplace_back(SendWrite{.to = std::move(to),
                             .versions = minted_->delta,
                             .kind = WriteKind::Replicate,
                             .must_sync = request_.quorum.dw > 0});
}

void PutOperation::expect_all() {
  tally_.restart();
  if (!replicas_.row.empty()) return tally_.expect(replicas_.row);
  for (const ReplicaView::Node& node : replicas_.nodes) tally_.expect(node.node);
}

// Answers of two rows are never added up: an acknowledgement given under the old row may come from
// a node that no longer answers reads.
void PutOperation::await_newer_row(NodeId from, Actions& out) {
  if (answered_) {  // nobody waits for this slot any more
    miss(from, out);
    return settle(out);
  }
  tally_.restart();
  state_ = State::AwaitingNewerRow;
}

// The one place that decides. Every answer of a slot ends here.
void PutOperation::settle(Actions& out) {
  if (state_ == State::AwaitingReplicas) {
    const Verdict verdict = tally_.verdict();
    if (verdict == Verdict::Pending) return;
    if (verdict == Verdict::Reached) {
      answer_success(out);
    } else {
      answer_in_doubt(out);
    }
    state_ = State::Draining;
  }
  if (state_ == State::Draining && tally_.all_answered()) state_ = State::Finished;
}

void PutOperation::answer_success(Actions& out) {
  STARLING_CHECK(minted_.has_value());
  // The request's context with the new dot, never the record's: that one covers siblings whose
  // values this client was not shown, and its next put would silently drop them.
  VectorClock context = request_.context;
  context.add(minted_->dot);
  answered_ = true;
  out.emplace_back(
      AnswerPut{.context = std::move(context), .siblings = siblings_, .replies = counts()});
}

void PutOperation::answer_in_doubt(Actions& out) {
  answered_ = true;
  Status why(
      StatusCode::InDoubt,
      tally_.describe() + "; the write may or may not have been applied: read before retrying");
  out.emplace_back(
      AnswerError{.status = std::move(why), .replies = counts(), .nothing_minted = false});
}

void PutOperation::refuse(Status why, std::uint32_t reachable, Actions& out) {
  answered_ = true;
  state_ = State::Finished;
  // A repeat of a put that was minted before may be refused as well, and is as much in doubt.
  const bool nothing_minted = why.code() != StatusCode::InDoubt;
  const ReplyCounts replies{
      .required = tally_.required(), .received = reachable, .primaries = reachable};
  out.emplace_back(
      AnswerError{.status = std::move(why), .replies = replies, .nothing_minted = nothing_minted});
}

void PutOperation::refuse_crowded(const Prospect& prospect, Actions& out) {
  Status why(StatusCode::Overloaded,
             "only " + shortage(prospect) +
                 " replicas take more writes: too much waits to be sent to the others; nothing was "
                 "applied");
  refuse(std::move(why).with_retry_after(kCrowdedRetry), prospect.homes.outer, out);
}

ReplyCounts PutOperation::counts() const {
  return {.required = tally_.required(),
          .received = tally_.acknowledged(),
          .primaries = tally_.primaries()};
}

}  // namespace starling
