#pragma once

// Which nodes keep hints of a partition. They are few and the same for all its keys, so that the
// hints of a home that was away are streamed from few places, and so that reaping knows whom to
// ask.

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "base/ids.h"
#include "ring/preference_list.h"

namespace starling {

// Two, so that one of them may be away as well; each more is one more that reaping has to wait for.
inline constexpr std::size_t kHintHolders = 2;

// The designated holders: the first fallbacks of the partition. None where every member is an
// owner; then the minter keeps a note. Views into `list`.
[[nodiscard]] std::span<const NodeId> hint_holders_of(const PreferenceList& list);
// The first of them that can be reached.
[[nodiscard]] std::optional<NodeId> reachable_hint_holder(
    const PreferenceList& list, const std::function<bool(NodeId)>& is_reachable);

}  // namespace starling
