#pragma once

// ClusterView: what a coordinator sees of the cluster when a request begins: the owners of a key in
// preference order, and which of them can be reached just now.

#include <cstdint>
#include <optional>
#include <span>

#include "base/ids.h"
#include "base/planted_bug.h"
#include "env/transport.h"
#include "membership/boot_confirmation.h"
#include "membership/peer_table.h"
#include "node/current_ring.h"
#include "quorum/actions.h"
#include "ring/slot.h"
#include "ring/token.h"

namespace starling {

class ClusterView {
 public:
  ClusterView(NodeId self, const CurrentRing& ring, const PeerTable& peers,
              const BootConfirmation& confirmation, const Transport& transport)
      : self_(self),
        ring_(ring),
        peers_(peers),
        confirmation_(confirmation),
        transport_(transport) {}

  [[nodiscard]] NodeId self() const { return self_; }
  [[nodiscard]] const Ring& ring() const { return *ring_; }

  // All that store a token's partition, this node first if it does (its answer costs no message),
  // those last that the failure detector does not hold for up. It orders, and leaves nobody out.
  [[nodiscard]] ReplicaView replicas_of(Token token) const;
  // The same of a partition, whatever the key.
  [[nodiscard]] ReplicaView replicas_of(PartitionId partition) const;
  // The same, and which hint holders could stand in for them, the doubtful ones last.
  [[nodiscard]] ReplicaView replicas_with_stand_ins(Token token) const;
  // Those whom a read of the token may ask; `planted` asks the wrong ones.
  [[nodiscard]] ReplicaView replicas_to_read(Token token, PlantedBug planted) const;
  // The place of hints for `node` in `partition` (handoff/hint_home.h); nothing: it is no home.
  [[nodiscard]] std::optional<std::uint8_t> slot_of(PartitionId partition, NodeId node) const;
  // The owners that mint, without this node: whom a put is forwarded to.
  [[nodiscard]] ReplicaView others_of(Token token) const;
  // Whether this node may mint for `partition`: a slot is read here, and the store counts.
  [[nodiscard]] bool mints(PartitionId partition) const;
  [[nodiscard]] bool reachable(NodeId node) const;

 private:
  // In the failure detector's opinion: connected perhaps, but it does not answer.
  [[nodiscard]] bool is_doubtful(NodeId node) const;
  // The planted mistake: stand-ins in the places of owners that can not be reached.
  [[nodiscard]] ReplicaView replicas_or_stand_ins(Token token) const;
  [[nodiscard]] ReplicaView view_of(std::span<const NodeId> owners,
                                    std::span<const Slot> unsettled) const;

  NodeId self_;
  const CurrentRing& ring_;
  const PeerTable& peers_;
  const BootConfirmation& confirmation_;
  const Transport& transport_;
};

}  // namespace starling
