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
//   AwaitingReplicas -> AwaitingNewerRow  a replica is ahead of our ring: all answers are discarded
//   Awaiting*        -> Finished  the deadline passed: in doubt
//   Draining         -> Finished  every slot answered, or the deadline passed
//
// From the mint on no failure is "unavailable": the dot is in this node's store, and repair may
// spread it at any later time.

#include "quorum/put_operation.h"

#include <algorithm>
#include <cstdint>
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
#include "quorum/reply_tally.h"
#include "version/minter.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

std::uint32_t reachable_slots(const ReplicaView& replicas) {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      replicas.slots, [](const ReplicaView::Slot& slot) { return slot.reachable; }));
}

bool can_reach(const ReplicaView& replicas, NodeId node) {
  return std::ranges::any_of(replicas.slots, [&](const ReplicaView::Slot& slot) {
    return slot.node == node && slot.reachable;
  });
}

}  // namespace

PutOperation::PutOperation(Request request, ReplicaView replicas)
    : request_(std::move(request)),
      replicas_(std::move(replicas)),
      tally_(request_.quorum.required(), request_.quorum.dw) {}

// Counting comes first: a write that could not succeed must not leave a dot behind, or
// "unavailable" would no longer mean that nothing was applied.
void PutOperation::start(Actions& out) {
  STARLING_CHECK(state_ == State::Created);
  const std::uint32_t reachable = reachable_slots(replicas_);
  if (reachable < tally_.required()) {
    Status why(StatusCode::Unavailable, std::to_string(reachable) + " of " +
                                            std::to_string(tally_.required()) +
                                            " replicas can be reached: nothing was applied");
    return refuse(std::move(why), reachable, out);
  }
  const auto roomy = static_cast<std::uint32_t>(std::ranges::count_if(
      replicas_.slots, [this](const ReplicaView::Slot& slot) { return takes_it(slot); }));
  if (roomy < tally_.required()) {
    Status why(StatusCode::DiskFull,
               "the disks of " + std::to_string(reachable - roomy) + " of " +
                   std::to_string(reachable) + " replicas are full, and the write needs " +
                   std::to_string(tally_.required()) +
                   ": nothing was applied; make space there (see `starling cluster status`)");
    return refuse(std::move(why), roomy, out);
  }
  if (writable_slots() < tally_.required()) return refuse_crowded(out);
  const bool may_mint =
      request_.planted == PlantedBug::MintAtNonOwner || can_reach(replicas_, request_.self);
  if (!may_mint) {
    Status why(StatusCode::Unavailable,
               "this node's own store may not count yet: nothing was applied");
    return refuse(std::move(why), reachable, out);
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
  } else {
    tally_.fail(from);
  }
  settle(out);
}

void PutOperation::on_peer_down(NodeId node, Actions& out) {
  tally_.fail(node);
  settle(out);
}

void PutOperation::on_newer_row(ReplicaView replicas, Actions& out) {
  if (replicas.epoch <= replicas_.epoch) return;  // no news
  if (answered_) return;  // the answer stands; repair carries the write to the new owners
  replicas_ = std::move(replicas);
  if (state_ == State::Created || state_ == State::Minting) return;  // nothing was sent yet
  if (request_.planted == PlantedBug::RemintAfterStaleRow) {
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
  state_ = State::Finished;
}

void PutOperation::check_invariants() const {
  STARLING_CHECK(tally_.acknowledged() <= replicas_.slots.size());
  STARLING_CHECK(answered_ == (state_ == State::Draining || state_ == State::Finished));
  STARLING_CHECK(state_ != State::AwaitingReplicas || minted_.has_value());
  STARLING_CHECK(state_ != State::AwaitingReplicas || tally_.verdict() == Verdict::Pending);
  STARLING_CHECK(state_ != State::Draining || !tally_.all_answered());
}

// Slots that the write may be sent to now. To the crowded ones it would only lengthen a queue.
std::uint32_t PutOperation::writable_slots() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      replicas_.slots,
      [this](const ReplicaView::Slot& slot) { return takes_it(slot) && !slot.crowded; }));
}

bool PutOperation::takes_it(const ReplicaView::Slot& slot) const {
  return slot.reachable && takes(slot.store, request_.kind);
}

// Sends the one delta to every slot that takes it and has room; the others have failed at once. A
// crowded one learns of the write by repair: it is behind anyway.
void PutOperation::replicate(Resend resend, Actions& out) {
  STARLING_CHECK(minted_.has_value());
  state_ = State::AwaitingReplicas;
  tally_.restart();
  std::vector<NodeId> to;
  for (const ReplicaView::Slot& slot : replicas_.slots) {
    tally_.expect(slot.node);
    const bool own = slot.node == request_.self;
    // Our own copy is stored already, whatever room there is now.
    if (!slot.reachable || slot.crowded || !(own || takes_it(slot))) {
      tally_.fail(slot.node);
    } else if (!own || resend == Resend::ToAll) {
      to.push_back(slot.node);
    }
  }
  if (to.empty()) return;  // N = 1, or nobody else is left
  out.emplace_back(SendWrite{.to = std::move(to),
                             .versions = minted_->delta,
                             .kind = WriteKind::Replicate,
                             .must_sync = request_.quorum.dw > 0});
}

// Answers of two rows are never added up: an acknowledgement given under the old row may come from
// a node that no longer answers reads.
void PutOperation::await_newer_row(NodeId from, Actions& out) {
  if (answered_) {  // nobody waits for this slot any more
    tally_.fail(from);
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

void PutOperation::refuse_crowded(Actions& out) {
  const std::uint32_t writable = writable_slots();
  Status why(StatusCode::Overloaded,
             "only " + std::to_string(writable) + " of " + std::to_string(tally_.required()) +
                 " replicas take more writes: too much waits to be sent to the others; nothing was "
                 "applied");
  refuse(std::move(why).with_retry_after(kCrowdedRetry), writable, out);
}

ReplyCounts PutOperation::counts() const {
  // Without stand-ins every answer is a primary's.
  return {.required = tally_.required(),
          .received = tally_.acknowledged(),
          .primaries = tally_.acknowledged()};
}

}  // namespace starling
