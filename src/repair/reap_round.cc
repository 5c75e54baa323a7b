#include "repair/reap_round.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/repair_messages.h"
#include "repair/fence.h"

namespace starling {

ReapRound::ReapRound(Options options)
    : options_(std::move(options)), agreed_(options_.batch.candidates.size(), true) {
  STARLING_CHECK(!options_.batch.owners.empty());
  STARLING_CHECK(!options_.batch.candidates.empty());
  STARLING_CHECK(options_.batch.candidates.size() <= kReapKeysMax);
}

void ReapRound::start(Instant now, ReapActions& out) {
  STARLING_CHECK(state_ == State::Created);
  state_ = State::Asking;
  deadline_ = now + options_.patience;
  for (const StoreStart& owner : options_.batch.owners) awaited_.insert(owner.node);
  awaited_.insert(options_.hint_holders.begin(), options_.hint_holders.end());
  out.emplace_back(ArmReapTimer{deadline_});
  out.emplace_back(SendReapPrepare{.to = {awaited_.begin(), awaited_.end()},
                                   .prepare = {.batch = options_.batch}});
}

bool ReapRound::is_owner(NodeId node) const {
  return std::ranges::any_of(options_.batch.owners,
                             [&](const StoreStart& owner) { return owner.node == node; });
}

bool ReapRound::fits(NodeId from, const ReapVote& vote) const {
  if (vote.voter.node != from) return false;
  if (!is_owner(from)) return vote.keys.empty();
  const auto& owners = options_.batch.owners;
  return vote.keys.size() == agreed_.size() &&
         std::find(owners.begin(), owners.end(), vote.voter) != owners.end();
}

void ReapRound::on_vote(NodeId from, const ReapVote& vote, Instant now, ReapActions& out) {
  if (state_ != State::Asking || vote.round != options_.batch.round) return;
  if (awaited_.erase(from) == 0) return;  // a duplicate, or nobody who was asked
  if (!vote.willing || !fits(from, vote)) return finish(ReapEnd::Refused, from);
  count_keys(from, vote, out);
  settle(now, out);
}

void ReapRound::count_keys(NodeId from, const ReapVote& vote, ReapActions& out) {
  for (std::size_t key = 0; key < vote.keys.size(); ++key) {
    if (vote.keys[key] == KeyVote::Yes) continue;
    agreed_[key] = false;
    // Only tombstones are worth being sent about in order to be forgotten.
    const ReapCandidate& candidate = options_.batch.candidates[key];
    if (vote.keys[key] == KeyVote::Missing && candidate.drop.empty())
      out.emplace_back(SendMissingRecord{.to = from, .address = candidate.address});
  }
}

// The one place that decides.
void ReapRound::settle(Instant now, ReapActions& out) {
  if (!awaited_.empty()) return;
  ReapBatch batch = options_.batch;
  batch.candidates.clear();
  for (std::size_t key = 0; key < agreed_.size(); ++key) {
    if (agreed_[key]) batch.candidates.push_back(options_.batch.candidates[key]);
  }
  if (batch.candidates.empty()) return finish(ReapEnd::NothingLeft, {});
  state_ = State::Committing;
  outcome_.end = ReapEnd::Committed;
  outcome_.keys = batch.candidates.size();
  const std::vector<NodeId> to = owners();
  awaited_.insert(to.begin(), to.end());
  deadline_ = now + options_.patience;
  out.emplace_back(ArmReapTimer{deadline_});
  out.emplace_back(SendReapCommit{.to = to, .commit = {.batch = std::move(batch)}});
}

void ReapRound::on_commit_reply(NodeId from, const ReapCommitReply& reply) {
  if (state_ != State::Committing || reply.round != options_.batch.round) return;
  if (reply.owner != from || awaited_.erase(from) == 0) return;
  if (reply.done) ++outcome_.committed_owners;
  if (awaited_.empty()) state_ = State::Finished;
}

void ReapRound::on_peer_down(NodeId node) {
  if (!awaited_.contains(node)) return;
  if (state_ == State::Asking) return finish(ReapEnd::Silence, node);
  awaited_.erase(node);
  if (awaited_.empty()) state_ = State::Finished;
}

void ReapRound::on_timer(Instant now) {
  if (finished() || now < deadline_) return;
  if (state_ == State::Asking) return finish(ReapEnd::Silence, *awaited_.begin());
  state_ = State::Finished;
}

void ReapRound::finish(ReapEnd end, NodeId because_of) {
  outcome_.end = end;
  outcome_.because_of = because_of;
  state_ = State::Finished;
}

std::vector<NodeId> ReapRound::owners() const {
  std::vector<NodeId> nodes;
  nodes.reserve(options_.batch.owners.size());
  for (const StoreStart& owner : options_.batch.owners) nodes.push_back(owner.node);
  return nodes;
}

void ReapRound::check_invariants() const {
  STARLING_CHECK(outcome_.committed_owners <= options_.batch.owners.size());
  STARLING_CHECK(state_ != State::Asking || !awaited_.empty());
  if (state_ == State::Committing) STARLING_CHECK(outcome_.keys > 0);
  if (outcome_.end != ReapEnd::Committed) STARLING_CHECK(outcome_.keys == 0);
}

}  // namespace starling
