#include "node/cluster_view.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "handoff/hint_holders.h"
#include "membership/peer_table.h"
#include "message/store_condition.h"
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

ReplicaView ClusterView::replicas_with_stand_ins(Token token) const {
  const PreferenceList list = preference_list_of(*ring_, token);
  ReplicaView view = view_of(list.owners);
  for (const NodeId holder : hint_holders_of(list)) {
    const bool is_crowded = holder != self_ && transport_.crowded(holder);
    const bool has_room = peers_.condition(holder) == StoreCondition::Roomy && !is_crowded;
    if (reachable(holder) && has_room) view.stand_ins.push_back(holder);
  }
  return view;
}

ReplicaView ClusterView::replicas_or_stand_ins(Token token) const {
  ReplicaView view = replicas_with_stand_ins(token);
  for (ReplicaView::Slot& slot : view.slots) {
    if (slot.reachable || view.stand_ins.empty()) continue;
    slot = {.node = view.stand_ins.back(), .reachable = true};
    view.stand_ins.pop_back();
  }
  return view;
}

std::optional<std::uint8_t> ClusterView::slot_of(PartitionId partition, NodeId node) const {
  const auto row = ring_->row(partition);
  const auto found = std::ranges::find(row, node);
  if (found == row.end()) return std::nullopt;
  return static_cast<std::uint8_t>(found - row.begin());
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
