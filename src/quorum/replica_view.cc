#include "quorum/replica_view.h"

#include <algorithm>
#include <vector>

#include "base/ids.h"
#include "ring/slot.h"

namespace starling {

const ReplicaView::Node* ReplicaView::find(NodeId node) const {
  const auto found = std::ranges::find(nodes, node, &Node::node);
  return found == nodes.end() ? nullptr : &*found;
}

bool ReplicaView::is_read_at(NodeId node) const {
  if (row.empty()) return find(node) != nullptr;
  return std::ranges::any_of(row, [node](const Slot& slot) { return read_node(slot) == node; });
}

std::vector<ReplicaView::Node> ReplicaView::readers() const {
  if (row.empty()) return nodes;
  std::vector<Node> read;
  for (const Node& node : nodes) {
    if (is_read_at(node.node)) read.push_back(node);
  }
  return read;
}

}  // namespace starling
