// ForwardOperation: one put on its way to an owner.
//
//   Created -> Forwarded -> Finished
//
//   Created   -> Finished   no owner is connected: unavailable
//   Forwarded -> Forwarded  this owner minted nothing, and another may do better
//   Forwarded -> Finished   the owner's answer passes on; or its silence (connection lost,
//   deadline):
//                           in doubt, since a put under way can not be called back

#include "quorum/forward_operation.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"

namespace starling {
namespace {

// Whether another owner could come to another verdict: it may be less busy, have more room, or
// reach more slots. What is wrong with the request itself is wrong everywhere.
bool another_owner_may_differ(StatusCode code) {
  switch (code) {
    case StatusCode::Failure:
    case StatusCode::Unavailable:
    case StatusCode::Overloaded:
    case StatusCode::DiskFull:
    case StatusCode::Unreachable:
    case StatusCode::Corruption:
      return true;
    case StatusCode::Ok:
    case StatusCode::Usage:
    case StatusCode::BadContext:
    case StatusCode::TooLarge:
    case StatusCode::NotFound:
    case StatusCode::Conflict:
    case StatusCode::ConditionFailed:
    case StatusCode::TooManySiblings:
    case StatusCode::InDoubt:
      return false;
  }
  return false;
}

}  // namespace

ForwardOperation::ForwardOperation(ReplicaView replicas, std::uint32_t required, Instant deadline,
                                   std::optional<Instant> doubt_from)
    : required_(required), deadline_(deadline), doubt_from_(doubt_from) {
  std::erase_if(replicas.nodes, [](const ReplicaView::Node& node) { return !node.reachable; });
  crowded_ = std::erase_if(replicas.nodes, [](const auto& node) { return node.crowded; }) > 0;
  // Who has room first: the others refuse, and cost a round trip.
  std::ranges::stable_sort(replicas.nodes, {}, [](const ReplicaView::Node& node) {
    return std::pair(node.store, node.suspect);
  });
  for (const ReplicaView::Node& node : replicas.nodes) candidates_.push_back(node.node);
  std::ranges::reverse(candidates_);
}

void ForwardOperation::start(Actions& out) {
  STARLING_CHECK(state_ == State::Created);
  if (!candidates_.empty()) {
    out.emplace_back(ArmTimer{std::min(deadline_, doubt_from_.value_or(deadline_))});
  }
  try_next(out);
}

void ForwardOperation::on_reply(NodeId from, ForwardedPutReply reply, Actions& out) {
  if (state_ != State::Forwarded || awaited_ != from) return;  // repeated, or from long ago
  awaited_.reset();
  auto* const error = std::get_if<ErrorReply>(&reply.reply);
  if (error == nullptr) return finish(PassOn{std::move(reply.reply)}, out);
  if (!reply.nothing_minted) return finish(as_in_doubt(std::move(*error)), out);
  if (!another_owner_may_differ(error->status.code())) {
    return finish(PassOn{std::move(*error)}, out);
  }
  refusal_ = std::move(*error);
  try_next(out);
}

void ForwardOperation::on_peer_down(NodeId node, Actions& out) {
  std::erase(candidates_, node);
  if (state_ != State::Forwarded || awaited_ != node) return;
  awaited_.reset();
  finish(in_doubt("the connection to the replica that was to write it broke"), out);
}

void ForwardOperation::on_timer(Instant now, Actions& out) {
  if (state_ != State::Forwarded) return;
  if (now < deadline_) {
    out.emplace_back(ArmTimer{deadline_});
    return;
  }
  finish(in_doubt("the replica that was to write it did not answer in time"), out);
}

std::optional<NodeId> ForwardOperation::awaited() const {
  return awaited_;
}

void ForwardOperation::try_next(Actions& out) {
  if (candidates_.empty()) return give_up(out);
  state_ = State::Forwarded;
  awaited_ = candidates_.back();
  candidates_.pop_back();
  out.emplace_back(ForwardPut{*awaited_});
}

// Nobody minted anything. What the last owner said is better than anything we could say.
void ForwardOperation::give_up(Actions& out) {
  if (refusal_) return finish(PassOn{std::move(*refusal_)}, out);
  if (crowded_) {
    Status why(StatusCode::Overloaded,
               "too much waits to be sent to the owners of this key: nothing was applied");
    return finish(AnswerError{.status = std::move(why).with_retry_after(kCrowdedRetry),
                              .replies = {.required = required_},
                              .nothing_minted = true},
                  out);
  }
  finish(AnswerError{.status = Status(StatusCode::Unavailable,
                                      "no owner of this key is connected: nothing was applied"),
                     .replies = {.required = required_},
                     .nothing_minted = true},
         out);
}

void ForwardOperation::finish(Action answer, Actions& out) {
  state_ = State::Finished;
  out.push_back(std::move(answer));
}

AnswerError ForwardOperation::in_doubt(const std::string& why) const {
  return {.status = Status(StatusCode::InDoubt,
                           why + "; it may or may not have been applied: read before retrying"),
          .replies = {.required = required_},
          .nothing_minted = false};
}

// An owner that may have minted can only say "in doubt". Should it say something that promises that
// nothing was applied, the promise is not passed on.
Action ForwardOperation::as_in_doubt(ErrorReply error) const {
  if (!is_retryable(error.status.code())) return PassOn{std::move(error)};
  AnswerError answer = in_doubt(error.status.message());
  answer.replies = error.replies;
  return answer;
}

}  // namespace starling
