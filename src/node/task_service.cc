#include "node/task_service.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "message/peer_state.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "ring/ring.h"
#include "ring/staged_changes.h"

namespace starling {
namespace {

// In one answer, which is far more than people read.
constexpr std::size_t kTasksMax = 1024;

std::string name_or_id(const Ring& ring, NodeId node) {
  const RingMember* const member = ring.member(node);
  return member == nullptr ? to_text(node.value) : member->name;
}

}  // namespace

TaskService::TaskService(const Neighbours& neighbours, Random random)
    : neighbours_(neighbours), census_(neighbours.cluster, neighbours.peers, random) {}

Status TaskService::begin(const ClientHandle& client, Question question, Instant now,
                          Instant deadline) {
  STARLING_ASSIGN_OR_RETURN(asking, const Census::Begun begun,
                            census_.begin(client, question, now, deadline));
  // One at a time: none of them is answered within the call.
  for (const NodeId member : begun.asked) {
    neighbours_.outbox.send(member, WorkCensus{.operation = begun.operation});
  }
  return Status::success();
}

void TaskService::on_census_reply(NodeId from, WorkCensusReply reply) {
  const OperationId operation = reply.operation;
  const std::optional<Census::Count> over = census_.on_answer(from, operation, std::move(reply));
  if (over.has_value()) finish(*over);
}

void TaskService::on_peer_down(NodeId peer) {
  for (const Census::Count& over : census_.on_peer_down(peer)) finish(over);
}

void TaskService::on_timer(Instant now) {
  for (const Census::Count& over : census_.on_timer(now)) finish(over);
}

void TaskService::finish(const Census::Count& count) {
  if (count.question == Question::Status) {
    neighbours_.desk.reply(count.client, status_of(count));
  } else {
    neighbours_.desk.reply(count.client, tasks_of(count));
  }
}

ClusterStatusReply TaskService::status_of(const Census::Count& all) const {
  ClusterStatusReply reply = neighbours_.admin.cluster_status();
  for (MemberReply& member : reply.members) {
    std::uint64_t pending = 0;
    for (const auto& [holder, answer] : all.answers) {
      for (const HintCount& count : answer.counts) {
        if (count.home == member.id) pending += count.pending;
      }
    }
    member.hints_pending = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(pending, std::numeric_limits<std::uint32_t>::max()));
    const auto answer = all.answers.find(member.id);
    const bool is_whole = answer != all.answers.end() && answer->second.complete;
    // Of one that does not answer another message speaks.
    const bool is_silent = member.state == peer_state_name(PeerState::Down) ||
                           member.state == peer_state_name(PeerState::Suspect);
    if (is_whole || is_silent) continue;
    reply.messages.push_back(member.name + " did not say what hints it keeps: there may be more");
  }
  return reply;
}

void TaskService::add_changes(ClusterTasksReply& reply) const {
  const Configuration* const adopted = neighbours_.chain.adopted();
  if (adopted == nullptr) return;
  for (const SlotsLeft& left : slots_left(*adopted)) {
    if (reply.tasks.size() == kTasksMax) return;
    const std::string& name = left.member->member.name;
    const bool goes = left.member->intent != MemberIntent::Stay;
    // How many there were when it began is agreed on nowhere.
    reply.tasks.push_back(
        {.id = (goes ? "leave:" : "transfer:") + name,
         .kind = goes ? "leave" : "transfer",
         .subject = goes ? name + " gives its slots away" : "slots come to " + name,
         .done = 0,
         .total = goes ? left.going : left.coming,
         .unit = "slots",
         .eta_seconds = std::nullopt});
  }
}

ClusterTasksReply TaskService::tasks_of(const Census::Count& all) const {
  const Ring& ring = neighbours_.cluster.ring();
  ClusterTasksReply reply;
  for (const auto& [holder, answer] : all.answers) {
    for (const HintCount& count : answer.counts) {
      if (reply.tasks.size() == kTasksMax) break;
      const std::string from = name_or_id(ring, holder);
      const std::string to = name_or_id(ring, count.home);
      reply.tasks.push_back({.id = std::string("hints:").append(from).append(":").append(to),
                             .kind = "hints",
                             .subject = std::string(from).append(" -> ").append(to),
                             .done = count.delivered,
                             .total = count.delivered + count.pending,
                             .unit = "keys",
                             .eta_seconds = count.eta_seconds});
    }
    if (!answer.repair.has_value() || reply.tasks.size() == kTasksMax) continue;
    const std::string by = name_or_id(ring, holder);
    reply.tasks.push_back({.id = "repair:" + by,
                           .kind = "repair",
                           .subject = by,
                           .done = answer.repair->compared + answer.repair->failed,
                           .total = answer.repair->pairs,
                           .unit = "comparisons",
                           .eta_seconds = std::nullopt});
  }
  add_changes(reply);
  for (const RingMember& member : ring.members()) {
    const auto answer = all.answers.find(member.id);
    if (answer == all.answers.end() || !answer->second.complete) {
      reply.unanswered.push_back(member.name);
    }
  }
  return reply;
}

}  // namespace starling
