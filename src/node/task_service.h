#pragma once

// TaskService: asks all members what they still have to do, for `cluster tasks` and for the hints
// in `cluster status`. Who does not answer within a moment is named, for it may have more.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/peer_table.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/admin_service.h"
#include "node/answer_desk.h"
#include "node/cluster_view.h"
#include "node/outbox.h"

namespace starling {

class TaskService {
 public:
  struct Neighbours {
    const ClusterView& cluster;
    const PeerTable& peers;
    const AdminService& admin;
    Outbox& outbox;
    AnswerDesk& desk;
  };
  enum class Question : std::uint8_t { Status, Tasks };

  // `random` draws where the operation ids begin.
  TaskService(const Neighbours& neighbours, Random random);

  // Errors: Overloaded  too many such questions are under way.
  [[nodiscard]] Status begin(const ClientHandle& client, Question question, Instant now,
                             Instant deadline);
  void on_census_reply(NodeId from, HintCensusReply reply);
  void on_peer_down(NodeId peer);
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] std::size_t running() const { return jobs_.size(); }

 private:
  struct Job {
    ClientHandle client;
    Question question = Question::Tasks;
    Instant due;
    std::set<NodeId> awaited;
    std::map<NodeId, HintCensusReply> answers;
  };

  void finish(std::uint64_t id);
  [[nodiscard]] ClusterStatusReply status_of(const Job& job) const;
  [[nodiscard]] ClusterTasksReply tasks_of(const Job& job) const;

  Neighbours neighbours_;
  std::uint64_t next_id_;
  std::map<std::uint64_t, Job> jobs_;  // at most kJobsMax
};

}  // namespace starling
