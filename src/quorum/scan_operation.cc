// ScanOperation: one page of one partition's keys.
//
//   Created -> Collecting -> Finished
//                 |  ^
//                 v  |
//            AwaitingNewerRow (discards what was heard)
//
//   Created    -> Finished  too few slots can be reached: unavailable
//   Collecting -> Finished  R pages are merged: answer; or R is out of reach: unavailable
//   any        -> Finished  the deadline passed: unavailable

#include "quorum/scan_operation.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "quorum/replica_view.h"
#include "quorum/reply_tally.h"
#include "ring/token.h"
#include "version/sibling_set.h"

namespace starling {

ScanOperation::ScanOperation(Request request, ReplicaView replicas)
    : request_(std::move(request)),
      replicas_(std::move(replicas)),
      tally_({.required = request_.quorum.r}) {}

void ScanOperation::start(Actions& out) {
  STARLING_CHECK(state_ == State::Created);
  out.emplace_back(ArmTimer{request_.deadline});
  begin(out);
}

void ScanOperation::begin(Actions& out) {
  state_ = State::Collecting;
  records_.clear();
  bound_.reset();
  tally_.restart();
  std::vector<NodeId> to;
  for (const ReplicaView::Node& node : replicas_.readers()) {
    if (!node.reachable) continue;
    tally_.expect(node.node);
    to.push_back(node.node);
  }
  if (to.size() >= request_.quorum.r) {
    out.emplace_back(SendScan{.to = std::move(to), .after = request_.after});
  }
  settle(out);
}

void ScanOperation::on_reply(NodeId from, ScanRangeReply reply, Actions& out) {
  if (state_ != State::Collecting || !tally_.awaits(from)) return;
  if (reply.outcome == ReplicaOutcome::StaleRow && reply.epoch > replicas_.epoch) {
    state_ = State::AwaitingNewerRow;
    return;
  }
  if (reply.outcome == ReplicaOutcome::Done && is_progress(reply) && merge(std::move(reply))) {
    tally_.acknowledge(from, /*synced=*/false);
  } else {
    tally_.fail(from);
  }
  settle(out);
}

void ScanOperation::on_peer_down(NodeId node, Actions& out) {
  tally_.fail(node);
  settle(out);
}

void ScanOperation::on_newer_row(const std::optional<ReadQuorum>& quorum, ReplicaView replicas,
                                 Actions& out) {
  if (state_ == State::Finished || replicas.epoch <= replicas_.epoch) return;
  replicas_ = std::move(replicas);
  if (!quorum) {
    tally_.restart();
    return answer_unavailable(out);
  }
  request_.quorum = *quorum;
  tally_.restart({.required = quorum->r}, std::nullopt);
  if (state_ != State::Created) begin(out);
}

void ScanOperation::on_timer(Instant now, Actions& out) {
  if (state_ == State::Finished) return;
  if (now < request_.deadline) {
    out.emplace_back(ArmTimer{request_.deadline});
    return;
  }
  answer_unavailable(out);
}

// The one place that decides.
void ScanOperation::settle(Actions& out) {
  if (state_ != State::Collecting) return;
  const Verdict verdict = tally_.verdict();
  if (verdict == Verdict::Reached) answer(out);
  if (verdict == Verdict::Unreachable) answer_unavailable(out);
}

// A page that stops where it began would have us ask for it forever.
bool ScanOperation::is_progress(const ScanRangeReply& page) const {
  if (!page.stopped_at || !request_.after) return true;
  return position_of(*request_.after) < position_of(*page.stopped_at);
}

// False, and nothing is merged, when this page gives another value to a known dot.
bool ScanOperation::merge(ScanRangeReply page) {
  std::map<Position, SiblingSet> records = records_;
  for (ScanEntry& entry : page.entries) {
    Position at = position_of({.bucket = request_.bucket, .key = std::move(entry.key)});
    const auto [known, is_new] = records.try_emplace(std::move(at), std::move(entry.versions));
    if (!is_new && !known->second.sync(entry.versions)) return false;
  }
  records_ = std::move(records);
  if (page.stopped_at) {
    const Position stop = position_of(*page.stopped_at);
    if (!bound_ || stop < *bound_) bound_ = stop;
  }
  return true;
}

// Beyond the bound some replica's records are missing, and a key merged there could show a value
// that this replica knows to be deleted.
void ScanOperation::answer(Actions& out) {
  state_ = State::Finished;
  AnswerScan page;
  for (const auto& [position, record] : records_) {
    if (bound_ && *bound_ < position) break;
    if (record.live_values() > 0) page.keys.push_back(position.address.key);
  }
  if (bound_) page.stopped_at = bound_->address;
  out.emplace_back(std::move(page));
}

void ScanOperation::answer_unavailable(Actions& out) {
  state_ = State::Finished;
  out.emplace_back(AnswerError{.status = Status(StatusCode::Unavailable, tally_.describe()),
                               .replies = {.required = tally_.required(),
                                           .received = tally_.acknowledged(),
                                           .primaries = tally_.acknowledged()},
                               .nothing_minted = true});
}

ScanOperation::Position ScanOperation::position_of(KeyAddress address) const {
  const Token token = token_of(address.bucket, address.key, request_.token_seed);
  return {.token = token, .address = std::move(address)};
}

}  // namespace starling
