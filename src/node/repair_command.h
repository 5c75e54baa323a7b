#pragma once

// RepairCommand: `cluster repair`. The order goes to all members, each of which compares its share
// of the pairs (repair_service.h) and says how far it is; added up that is the answer. The node
// keeps nothing of it: whoever ordered it asks again with the same order, here or elsewhere.

#include <cstddef>
#include <optional>

#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/peer_table.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/answer_desk.h"
#include "node/cluster_view.h"
#include "node/member_census.h"
#include "node/outbox.h"

namespace starling {

class RepairCommand {
 public:
  struct Neighbours {
    const ClusterView& cluster;
    const PeerTable& peers;
    Outbox& outbox;
    AnswerDesk& desk;
  };

  // `random` draws where the operation ids begin.
  RepairCommand(const Neighbours& neighbours, Random random);

  // Errors: Usage       no such partition.
  //         Overloaded  too many such questions are under way; of the answer: a member is running
  //                     another order.
  [[nodiscard]] Status begin(const ClientHandle& client, const RepairOrder& order, Instant now,
                             Instant deadline);
  void on_reply(NodeId from, const OrderedRepairReply& reply);
  void on_peer_down(NodeId peer);
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const { return census_.next_deadline(); }
  [[nodiscard]] std::size_t running() const { return census_.running(); }

 private:
  using Census = MemberCensus<RepairOrder, OrderedRepairReply>;

  void finish(const Census::Count& count);

  Neighbours neighbours_;
  Census census_;
};

}  // namespace starling
