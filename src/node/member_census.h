#pragma once

// MemberCensus: questions that are put to all members at once, and answered when each has said its
// part, or when the time is over: what is known is worth more than silence. Who asks such a thing
// are people and scripts, not applications, so a bound on them is no limit to anybody.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/peer_table.h"
#include "message/client_messages.h"
#include "node/cluster_view.h"
#include "ring/member.h"
#include "ring/ring.h"

namespace starling {

inline constexpr std::size_t kCensusesMax = 64;
// A member that lives answers at once: it looks at its memory only.
inline constexpr Duration kCensusPatience = std::chrono::seconds(1);

template <typename Question, typename Answer>
class MemberCensus {
 public:
  struct Count {
    ClientHandle client;
    Question question;
    Instant due;
    std::set<NodeId> awaited;
    std::map<NodeId, Answer> answers;
  };
  struct Begun {
    OperationId operation;
    std::vector<NodeId> asked;
  };

  // `random` draws where the operations' ids begin.
  MemberCensus(const ClusterView& cluster, const PeerTable& peers, Random random)
      : cluster_(cluster), peers_(peers), next_id_(random.next() >> 1U) {}

  // The caller sends the question to each member that is to be asked: those that are not down.
  // Errors: Overloaded  kCensusesMax are under way.
  [[nodiscard]] Result<Begun> begin(const ClientHandle& client, Question question, Instant now,
                                    Instant deadline) {
    if (counts_.size() >= kCensusesMax) {
      return Status(StatusCode::Overloaded,
                    "too many questions about the whole cluster are under way at this node")
          .with_retry_after(std::chrono::milliseconds(100));
    }
    const std::uint64_t id = ++next_id_;
    Count count{.client = client,
                .question = std::move(question),
                .due = std::min(now + kCensusPatience, now + (deadline - now) / 2),
                .awaited = {},
                .answers = {}};
    for (const RingMember& member : cluster_.ring().members()) {
      if (is_there(member.id)) count.awaited.insert(member.id);
    }
    Begun begun{.operation = OperationId{id},
                .asked = {count.awaited.begin(), count.awaited.end()}};
    counts_.emplace(id, std::move(count));
    return begun;
  }

  // Each returns what is over with that, in the order in which it was asked.
  [[nodiscard]] std::optional<Count> on_answer(NodeId from, OperationId operation, Answer answer) {
    const auto found = counts_.find(operation.value);
    if (found == counts_.end() || found->second.awaited.erase(from) == 0) return std::nullopt;
    found->second.answers.insert_or_assign(from, std::move(answer));
    if (!found->second.awaited.empty()) return std::nullopt;
    Count count = std::move(found->second);
    counts_.erase(found);
    return count;
  }
  [[nodiscard]] std::vector<Count> on_peer_down(NodeId peer) {
    return take_if(
        [peer](Count& count) { return count.awaited.erase(peer) > 0 && count.awaited.empty(); });
  }
  [[nodiscard]] std::vector<Count> on_timer(Instant now) {
    return take_if([now](const Count& count) { return now >= count.due; });
  }

  [[nodiscard]] std::optional<Instant> next_deadline() const {
    std::optional<Instant> earliest;
    for (const auto& [id, count] : counts_)
      earliest = std::min(earliest.value_or(count.due), count.due);
    return earliest;
  }
  [[nodiscard]] std::size_t running() const { return counts_.size(); }

 private:
  [[nodiscard]] bool is_there(NodeId member) const {
    return member == cluster_.self() || peers_.connected(member);
  }
  template <typename Predicate>
  std::vector<Count> take_if(const Predicate& is_over) {
    std::vector<Count> over;
    for (auto next = counts_.begin(); next != counts_.end();) {
      const auto at = next++;
      if (!is_over(at->second)) continue;
      over.push_back(std::move(at->second));
      counts_.erase(at);
    }
    return over;
  }

  const ClusterView& cluster_;
  const PeerTable& peers_;
  std::uint64_t next_id_;
  std::map<std::uint64_t, Count> counts_;  // at most kCensusesMax
};

}  // namespace starling
