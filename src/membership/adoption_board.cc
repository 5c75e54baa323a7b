#include "membership/adoption_board.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/ids.h"
#include "ring/succession.h"

namespace starling {

void AdoptionBoard::note(NodeId node, StoreId store, Epoch adopted) {
  if (adopted == Epoch{}) return;
  Entry& entry = entries_[node];
  if (entry.store != store) entry = {.store = store, .epoch = adopted};
  entry.epoch = std::max(entry.epoch, adopted);
}

void AdoptionBoard::keep_only(std::span<const NodeId> members) {
  std::erase_if(entries_, [&](const auto& entry) {
    return std::ranges::find(members, entry.first) == members.end();
  });
}

std::vector<StoreAdoption> AdoptionBoard::adoptions() const {
  std::vector<StoreAdoption> facts;
  facts.reserve(entries_.size());
  for (const auto& [node, entry] : entries_) {
    facts.push_back({.store = entry.store, .adoption = {.node = node, .epoch = entry.epoch}});
  }
  return facts;
}

}  // namespace starling
