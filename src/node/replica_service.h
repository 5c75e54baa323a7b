#pragma once

// ReplicaService: this node as a replica: it answers other coordinators, and its own, about the
// partitions it owns. Whatever leaves it waits until the state it speaks of is durable.

#include <cstdint>
#include <map>
#include <optional>

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "env/storage_engine.h"
#include "membership/boot_confirmation.h"
#include "message/peer_messages.h"
#include "node/current_ring.h"
#include "node/outbox.h"
#include "replica/replica_store.h"

namespace starling {

class ReplicaService {
 public:
  ReplicaService(ReplicaStore& store, const CurrentRing& ring, const BootConfirmation& confirmation,
                 Outbox& outbox, Log& log, PlantedBug planted);

  void on_write(NodeId from, const ReplicaWrite& write);
  void on_read(NodeId from, const ReplicaRead& read);
  void on_scan(NodeId from, const ScanRange& scan);
  void on_digest(NodeId from, const DigestRange& range);

  // Sends `reply` once all commits up to `ticket` are through (0: at once).
  void send_when_durable(NodeId to, CommitTicket ticket, PeerMessage reply);
  void on_committed(CommitTicket through);
  // A broken store acknowledges nothing any more.
  void on_storage_error();

 private:
  // Why this replica does not answer for the envelope's row; nothing: it does.
  [[nodiscard]] std::optional<ReplicaOutcome> refusal(const Envelope& envelope) const;
  // Likewise for one key, which must lie in the partition that the envelope names.
  [[nodiscard]] std::optional<ReplicaOutcome> refusal(const Envelope& envelope,
                                                      const KeyAddress& address) const;
  [[nodiscard]] ReplicaOutcome outcome_of(const Status& status) const;
  [[nodiscard]] RecordAddress record_of(const Envelope& envelope, const KeyAddress& address) const;
  void digest_partition(PartitionId partition, DigestRangeReply& reply, CommitTicket& durable_at);

  ReplicaStore& store_;
  const CurrentRing& ring_;
  const BootConfirmation& confirmation_;
  Outbox& outbox_;
  Log& log_;
  PlantedBug planted_;
  CommitTicket committed_;
  // Answers that wait for their commit; at most one a request in flight, which peers bound.
  struct Waiting {
    NodeId to;
    PeerMessage reply;
  };
  std::multimap<CommitTicket, Waiting> waiting_;
  bool broken_ = false;
};

}  // namespace starling
