#pragma once

// TaskService: asks all members what they still have to do, for `cluster tasks` and for the hints
// in `cluster status`. Who does not answer within a moment is named, for it may have more.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/peer_table.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/admin_service.h"
#include "node/answer_desk.h"
#include "node/chain_service.h"
#include "node/cluster_view.h"
#include "node/member_census.h"
#include "node/outbox.h"

namespace starling {

class TaskService {
 public:
  struct Neighbours {
    const ClusterView& cluster;
    const PeerTable& peers;
    const AdminService& admin;
    const ChainService& chain;
    Outbox& outbox;
    AnswerDesk& desk;
  };
  enum class Question : std::uint8_t { Status, Tasks };

  // `random` draws where the operation ids begin.
  TaskService(const Neighbours& neighbours, Random random);

  // Errors: Overloaded  too many such questions are under way.
  [[nodiscard]] Status begin(const ClientHandle& client, Question question, Instant now,
                             Instant deadline);
  void on_census_reply(NodeId from, WorkCensusReply reply);
  void on_peer_down(NodeId peer);
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const { return census_.next_deadline(); }
  [[nodiscard]] std::size_t running() const { return census_.running(); }

 private:
  using Census = MemberCensus<Question, WorkCensusReply>;

  void finish(const Census::Count& count);
  [[nodiscard]] ClusterStatusReply status_of(const Census::Count& count) const;
  [[nodiscard]] ClusterTasksReply tasks_of(const Census::Count& count) const;
  // Of the configuration, which all have agreed on: nobody needs to be asked.
  void add_changes(ClusterTasksReply& reply) const;

  Neighbours neighbours_;
  Census census_;
};

}  // namespace starling
