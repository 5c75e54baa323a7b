#include "node/task_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/peer_table.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "ring/member.h"
#include "ring/ring.h"

namespace starling {
namespace {

// Each is a message to every member: people and scripts ask, not applications.
constexpr std::size_t kJobsMax = 64;
constexpr std::chrono::milliseconds kJobsRetry{100};
// A member that lives answers at once: it looks at its memory only.
constexpr Duration kPatience = std::chrono::seconds(1);
// In one answer, which is far more than people read.
constexpr std::size_t kTasksMax = 1024;

std::string name_of(const Ring& ring, NodeId node) {
  const RingMember* const member = ring.member(node);
  return member == nullptr ? to_text(node.value) : member->name;
}

}  // namespace

TaskService::TaskService(const Neighbours& neighbours, Random random)
    : neighbours_(neighbours), next_id_(random.next() >> 1U) {}

Status TaskService::begin(const ClientHandle& client, Question question, Instant now,
                          Instant deadline) {
  if (jobs_.size() >= kJobsMax) {
    return Status(StatusCode::Overloaded,
                  "too many questions about the whole cluster are under way at this node")
        .with_retry_after(kJobsRetry);
  }
  const std::uint64_t id = ++next_id_;
  Job& job = jobs_[id];
  job.client = client;
  job.question = question;
  // Before the deadline: what is known is worth more than silence.
  job.due = std::min(now + kPatience, now + (deadline - now) / 2);
  const NodeId self = neighbours_.cluster.self();
  for (const RingMember& member : neighbours_.cluster.ring().members()) {
    const bool is_there =
        member.id == self || neighbours_.peers.state(member.id) != PeerState::Down;
    if (is_there) job.awaited.insert(member.id);
  }
  // One at a time: none of them is answered within the call.
  for (const NodeId member : job.awaited) {
    neighbours_.outbox.send(member, HintCensus{.operation = OperationId{id}});
  }
  return Status::success();
}

void TaskService::on_census_reply(NodeId from, HintCensusReply reply) {
  const std::uint64_t id = reply.operation.value;
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || found->second.awaited.erase(from) == 0) return;
  found->second.answers[from] = std::move(reply);
  if (found->second.awaited.empty()) finish(id);
}

void TaskService::on_peer_down(NodeId peer) {
  std::vector<std::uint64_t> ended;
  for (auto& [id, job] : jobs_) {
    if (job.awaited.erase(peer) > 0 && job.awaited.empty()) ended.push_back(id);
  }
  for (const std::uint64_t id : ended) finish(id);
}

void TaskService::on_timer(Instant now) {
  std::vector<std::uint64_t> due;
  for (const auto& [id, job] : jobs_) {
    if (now >= job.due) due.push_back(id);
  }
  for (const std::uint64_t id : due) finish(id);
}

std::optional<Instant> TaskService::next_deadline() const {
  std::optional<Instant> earliest;
  for (const auto& [id, job] : jobs_) earliest = std::min(earliest.value_or(job.due), job.due);
  return earliest;
}

void TaskService::finish(std::uint64_t id) {
  const auto found = jobs_.find(id);
  const Job job = std::move(found->second);
  jobs_.erase(found);
  if (job.question == Question::Status) {
    neighbours_.desk.reply(job.client, status_of(job));
  } else {
    neighbours_.desk.reply(job.client, tasks_of(job));
  }
}

ClusterStatusReply TaskService::status_of(const Job& job) const {
  ClusterStatusReply reply = neighbours_.admin.cluster_status();
  for (MemberReply& member : reply.members) {
    std::uint64_t pending = 0;
    for (const auto& [holder, answer] : job.answers) {
      for (const HintCount& count : answer.counts) {
        if (count.home == member.id) pending += count.pending;
      }
    }
    member.hints_pending = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(pending, std::numeric_limits<std::uint32_t>::max()));
    const auto answer = job.answers.find(member.id);
    const bool is_whole = answer != job.answers.end() && answer->second.complete;
    // Of one that is down another message speaks.
    if (is_whole || member.state == peer_state_name(PeerState::Down)) continue;
    reply.messages.push_back(member.name + " did not say what hints it keeps: there may be more");
  }
  return reply;
}

ClusterTasksReply TaskService::tasks_of(const Job& job) const {
  const Ring& ring = neighbours_.cluster.ring();
  ClusterTasksReply reply;
  for (const auto& [holder, answer] : job.answers) {
    for (const HintCount& count : answer.counts) {
      if (reply.tasks.size() == kTasksMax) break;
      const std::string from = name_of(ring, holder);
      const std::string to = name_of(ring, count.home);
      reply.tasks.push_back({.id = std::string("hints:").append(from).append(":").append(to),
                             .kind = "hints",
                             .subject = std::string(from).append(" -> ").append(to),
                             .done = count.delivered,
                             .total = count.delivered + count.pending,
                             .unit = "keys",
                             .eta_seconds = count.eta_seconds});
    }
  }
  for (const RingMember& member : ring.members()) {
    const auto answer = job.answers.find(member.id);
    if (answer == job.answers.end() || !answer->second.complete) {
      reply.unanswered.push_back(member.name);
    }
  }
  return reply;
}

}  // namespace starling
