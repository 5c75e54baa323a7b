#include "node/cluster_view.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/planted_bug.h"
#include "handoff/hint_holders.h"
#include "handoff/hint_home.h"
#include "message/peer_state.h"
#include "message/store_condition.h"
#include "quorum/actions.h"
#include "ring/preference_list.h"
#include "ring/slot.h"
#include "ring/token.h"

namespace starling {

ReplicaView ClusterView::replicas_of(Token token) const {
  const PreferenceList list = preference_list_of(*ring_, token);
  return view_of(list.owners, list.slots);
}

ReplicaView ClusterView::replicas_of(PartitionId partition) const {
  const bool settled = ring_->is_settled(partition);
  return view_of(ring_->row(partition),
                 settled ? std::span<const Slot>() : ring_->slots(partition));
}

ReplicaView ClusterView::replicas_with_stand_ins(Token token) const {
  const PreferenceList list = preference_list_of(*ring_, token);
  ReplicaView view = view_of(list.owners, list.slots);
  for (const NodeId holder : hint_holders_of(list)) {
    const bool is_crowded = holder != self_ && transport_.crowded(holder);
    const bool has_room = peers_.condition(holder) == StoreCondition::Roomy && !is_crowded;
    if (reachable(holder) && has_room) view.stand_ins.push_back(holder);
  }
  std::ranges::stable_partition(view.stand_ins,
                                [this](NodeId holder) { return !is_doubtful(holder); });
  return view;
}

ReplicaView ClusterView::replicas_to_read(Token token, PlantedBug planted) const {
  if (planted == PlantedBug::StandInAnswersReads) return replicas_or_stand_ins(token);
  ReplicaView view = replicas_of(token);
  if (planted != PlantedBug::AnswerUnfilled) return view;
  // Planted: who comes to a slot is read as if it had come.
  for (Slot& slot : view.row) {
    if (slot.state == SlotState::Copying) slot.state = SlotState::Switched;
    if (slot.state == SlotState::Vacant) slot.state = SlotState::Settled;
  }
  return view;
}

ReplicaView ClusterView::replicas_or_stand_ins(Token token) const {
  ReplicaView view = replicas_with_stand_ins(token);
  for (ReplicaView::Node& node : view.nodes) {
    if (node.reachable || view.stand_ins.empty() || !view.row.empty()) continue;
    node = {.node = view.stand_ins.back(), .reachable = true};
    view.stand_ins.pop_back();
  }
  return view;
}

std::optional<std::uint8_t> ClusterView::slot_of(PartitionId partition, NodeId node) const {
  return hint_place_of(ring_->slots(partition), node);
}

ReplicaView ClusterView::others_of(Token token) const {
  ReplicaView view = replicas_of(token);
  view.nodes = view.readers();
  view.row.clear();
  std::erase_if(view.nodes, [this](const ReplicaView::Node& node) { return node.node == self_; });
  return view;
}

bool ClusterView::mints(PartitionId partition) const {
  return confirmation_.counting() && ring_->reads_at(self_, partition);
}

bool ClusterView::reachable(NodeId node) const {
  return node == self_ ? confirmation_.counting() : peers_.reachable(node);
}

bool ClusterView::is_doubtful(NodeId node) const {
  return node != self_ && peers_.state(node) != PeerState::Up;
}

ReplicaView ClusterView::view_of(std::span<const NodeId> owners,
                                 std::span<const Slot> unsettled) const {
  ReplicaView view{.epoch = ring_->epoch(), .nodes = {}};
  view.row.assign(unsettled.begin(), unsettled.end());
  view.nodes.reserve(owners.size());
  for (const NodeId owner : owners) {
    const bool crowded = owner != self_ && transport_.crowded(owner);
    // A read that is small may wait in a full queue, but better none does.
    view.nodes.push_back({.node = owner,
                          .reachable = reachable(owner),
                          .suspect = crowded || is_doubtful(owner),
                          .store = peers_.condition(owner),
                          .crowded = crowded});
  }
  const auto rank = [this](const ReplicaView::Node& node) {
    if (node.node == self_) return 0;
    return node.suspect ? 2 : 1;
  };
  std::ranges::stable_sort(view.nodes, {}, rank);
  return view;
}

}  // namespace starling
