#include "handoff/hint_holders.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>

#include "base/ids.h"
#include "ring/preference_list.h"

namespace starling {

std::span<const NodeId> hint_holders_of(const PreferenceList& list) {
  return std::span(list.fallbacks).first(std::min(list.fallbacks.size(), kHintHolders));
}

std::optional<NodeId> reachable_hint_holder(const PreferenceList& list,
                                            const std::function<bool(NodeId)>& is_reachable) {
  for (const NodeId holder : hint_holders_of(list)) {
    if (is_reachable(holder)) return holder;
  }
  return std::nullopt;
}

}  // namespace starling
