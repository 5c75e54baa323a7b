#pragma once

// RepairDesk: this node as the answering side of an exchange: sums from its trees, lists of keys,
// records. It keeps nothing between two questions, and answers for partitions that it owns, once
// its store counts. Source: repair/merkle_answers.h.

#include "base/ids.h"
#include "membership/boot_confirmation.h"
#include "message/peer_messages.h"
#include "message/repair_messages.h"
#include "node/outbox.h"
#include "node/replica_service.h"
#include "replica/replica_store.h"

namespace starling {

class RepairDesk {
 public:
  RepairDesk(ReplicaStore& store, const BootConfirmation& confirmation, ReplicaService& replica,
             Outbox& outbox)
      : store_(store), confirmation_(confirmation), replica_(replica), outbox_(outbox) {}

  void on_tree_read(NodeId from, const TreeRead& read);
  void on_key_list_read(NodeId from, const KeyListRead& read);
  void on_records_read(NodeId from, const RecordsRead& read);

 private:
  // Why this node does not answer; Done: it does.
  [[nodiscard]] RepairOutcome standing(NodeId from, const Envelope& envelope) const;

  ReplicaStore& store_;
  const BootConfirmation& confirmation_;
  ReplicaService& replica_;
  Outbox& outbox_;
};

// How a replica's answer looks to an exchange.
[[nodiscard]] RepairOutcome repair_outcome_of(ReplicaOutcome outcome);

}  // namespace starling
