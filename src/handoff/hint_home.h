#pragma once

// HintHome: which place in the hint store the hints for a home have, and who is the home of a place
// by now. A place is a slot's number; the target of a move has one of its own beside its holder's,
// since either may miss what the other took. Owners change while hints wait, so a place never names
// a node: it goes to whoever stores for the slot today.

#include <cstdint>
#include <optional>
#include <span>

#include "base/ids.h"
#include "ring/slot.h"

namespace starling {

// Nothing: the node stores for no slot of the row.
[[nodiscard]] std::optional<std::uint8_t> hint_place_of(std::span<const Slot> row, NodeId home);
// A place of a move that has ended goes to the slot's one node, and one of a slot that is gone to
// another slot, so that nothing waits for ever. Nothing: no row has such a place.
[[nodiscard]] std::optional<NodeId> home_of_place(std::span<const Slot> row, std::uint8_t place);
// The place at which what came home at `place` is still wanted: the move's target, when its holder
// took it. All that was missed before the move began is known to the holder's place alone.
[[nodiscard]] std::optional<std::uint8_t> next_place(std::span<const Slot> row, std::uint8_t place);

}  // namespace starling
