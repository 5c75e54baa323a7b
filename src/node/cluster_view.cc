#include "node/cluster_view.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/ids.h"
#include "membership/peer_table.h"
#include "quorum/actions.h"
#include "ring/preference_list.h"
#include "ring/token.h"

namespace starling {

ReplicaView ClusterView::replicas_of(Token token) const {
  return view_of(preference_list_of(*ring_, token).owners);
}

ReplicaView ClusterView::replicas_of(PartitionId partition) const {
  return view_of(ring_->row(partition));
}

ReplicaView ClusterView::others_of(Token token) const {
  ReplicaView view = replicas_of(token);
  std::erase_if(view.slots, [this](const ReplicaView::Slot& slot) { return slot.node == self_; });
  return view;
}

bool ClusterView::mints(PartitionId partition) const {
  return confirmation_.counting() && ring_->owns(self_, partition);
}

bool ClusterView::reachable(NodeId node) const {
  return node == self_ ? confirmation_.counting() : peers_.reachable(node);
}

ReplicaView ClusterView::view_of(std::span<const NodeId> owners) const {
  ReplicaView view{.epoch = ring_->epoch(), .slots = {}};
  for (const NodeId owner : owners) {
    const bool crowded = owner != self_ && transport_.crowded(owner);
    // A read that is small may wait in a full queue, but better none does.
    view.slots.push_back({.node = owner,
                          .reachable = reachable(owner),
                          .suspect = crowded || peers_.state(owner) == PeerState::Suspect,
                          .store = peers_.condition(owner),
                          .crowded = crowded});
  }
  const auto rank = [this](const ReplicaView::Slot& slot) {
    if (slot.node == self_) return 0;
    return slot.suspect ? 2 : 1;
  };
  std::ranges::stable_sort(view.slots, {}, rank);
  return view;
}

}  // namespace starling
