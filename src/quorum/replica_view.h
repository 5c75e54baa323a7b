#pragma once

// ReplicaView: the replicas of one operation's key, as the coordinator sees them when it begins (or
// begins again at a newer row). Nodes are asked, slots are counted: while all slots are settled the
// two are the same, and nothing more is said of the slots; else the row says who stands behind
// which.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "message/store_condition.h"
#include "ring/row_demand.h"
#include "ring/slot.h"

namespace starling {

struct ReplicaView {
  struct Node {
    NodeId node;
    bool reachable = false;  // connected, or the coordinator itself with a store that counts
    bool suspect = false;  // connected perhaps, but it does not answer, or is crowded: ask it last
    StoreCondition store = StoreCondition::Roomy;  // what it may refuse for want of room
    bool crowded = false;  // connected, but so much waits to be sent to it that no write should
  };
  Epoch epoch;
  std::vector<Node> nodes;  // all that store the key, preference order
  // Hint holders of the partition that can be reached and have room, in the order of asking.
  std::vector<NodeId> stand_ins = {};
  SlotRow row = {};  // empty: each of the nodes is one settled slot

  // nullptr: it stores no copy.
  [[nodiscard]] const Node* find(NodeId node) const;
  // Whether a slot is read, and minted, at the node.
  [[nodiscard]] bool is_read_at(NodeId node) const;
  // The nodes at which slots are read.
  [[nodiscard]] std::vector<Node> readers() const;
};

// How many slots have nothing but nodes that pass, at most `spare` nodes that do not pass aside:
// those of the slots that lack fewest. Slots that never count are left out.
template <typename Predicate>
RowCount count_slots(const ReplicaView& view, const Predicate& passes, std::size_t spare = 0) {
  if (view.row.empty()) {
    const auto passing =
        static_cast<std::size_t>(std::count_if(view.nodes.begin(), view.nodes.end(), passes));
    const auto count =
        static_cast<std::uint32_t>(passing + std::min(view.nodes.size() - passing, spare));
    return {.inner = count, .outer = count};
  }
  const auto lacking = [&](const Slot& slot) {
    std::size_t count = 0;
    for (const NodeId id : write_nodes(slot)) {
      const ReplicaView::Node* const node = view.find(id);
      count += node != nullptr && passes(*node) ? 0 : 1;
    }
    return count;
  };
  RowCount count;
  for (std::size_t lack = 0; lack <= 2; ++lack) {
    for (const Slot& slot : view.row) {
      if (slot.state == SlotState::Vacant || lack > spare || lacking(slot) != lack) continue;
      spare -= lack;
      ++count.outer;
      count.inner += is_inner(slot) ? 1 : 0;
    }
  }
  return count;
}

}  // namespace starling
