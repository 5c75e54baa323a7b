#pragma once

// PreferenceList: the nodes that a coordinator may ask for one key: the owners of its partition's N
// slots, and behind them the fallbacks, in rendezvous order, other zones first (Dynamo, section
// 4.3). Behind a slot that moves are two owners, and who is read is in the slot.

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "ring/ring.h"
#include "ring/slot.h"
#include "ring/token.h"

namespace starling {

inline constexpr std::size_t kFallbacksMax = 3;

struct PreferenceList {
  PartitionId partition;
  SlotRow slots;  // rotated by the key's hash: a key keeps its minter. Of a settled row: empty
  std::vector<NodeId> owners;     // all that store, in that order
  std::vector<NodeId> fallbacks;  // at most kFallbacksMax; empty where every member is an owner
};

[[nodiscard]] PreferenceList preference_list_of(const Ring& ring, Token token);

}  // namespace starling
