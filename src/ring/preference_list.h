#pragma once

// PreferenceList: the nodes that a coordinator may ask for one key: the owners of its partition's N
// slots, and behind them the fallbacks, in rendezvous order, other zones first (Dynamo, section
// 4.3).

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "ring/ring.h"
#include "ring/token.h"

namespace starling {

inline constexpr std::size_t kFallbacksMax = 3;

struct PreferenceList {
  PartitionId partition;
  std::vector<NodeId> owners;     // slot order rotated by the key's hash: a key keeps its minter
  std::vector<NodeId> fallbacks;  // at most kFallbacksMax; empty where every member is an owner
};

[[nodiscard]] PreferenceList preference_list_of(const Ring& ring, Token token);

}  // namespace starling
