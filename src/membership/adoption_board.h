#pragma once

// AdoptionBoard: which epoch each member has adopted durably, as far as this node has heard. Nodes
// tell it once it is durable, and by which disk; it only grows on one disk, so whatever was heard
// stays true. Evidence for steps of the configuration, and never more than that.

#include <map>
#include <span>
#include <vector>

#include "base/ids.h"
#include "ring/succession.h"

namespace starling {

class AdoptionBoard {
 public:
  // Late messages change nothing. A member with another disk begins anew.
  void note(NodeId node, StoreId store, Epoch adopted);
  // Of `members` no more than these are remembered.
  void keep_only(std::span<const NodeId> members);
  // Ascending by node.
  [[nodiscard]] std::vector<StoreAdoption> adoptions() const;

 private:
  struct Entry {
    StoreId store;
    Epoch epoch;
  };
  std::map<NodeId, Entry> entries_;  // at most one a member, between two keep_only() one a peer
};

}  // namespace starling
