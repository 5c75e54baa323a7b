#include "ring/slot.h"

#include <algorithm>
#include <optional>
#include <span>

#include "base/ids.h"

namespace starling {

bool is_moving(const Slot& slot) {
  return slot.state == SlotState::Copying || slot.state == SlotState::Switched;
}

SlotNodes write_nodes(const Slot& slot) {
  return is_moving(slot) ? SlotNodes(slot.holder, slot.target) : SlotNodes(slot.holder);
}

std::optional<NodeId> read_node(const Slot& slot) {
  switch (slot.state) {
    case SlotState::Settled:
    case SlotState::Copying:
    case SlotState::Joint:
      return slot.holder;
    case SlotState::Switched:
      return slot.target;
    case SlotState::Vacant:
    case SlotState::Extra:
      return std::nullopt;
  }
  return std::nullopt;
}

bool is_written(const Slot& slot, std::span<const NodeId> stored) {
  if (slot.state == SlotState::Vacant) return false;
  const SlotNodes nodes = write_nodes(slot);
  return std::ranges::all_of(
      nodes, [&](NodeId node) { return std::ranges::find(stored, node) != stored.end(); });
}

bool is_being_filled(const Slot& slot, NodeId node) {
  switch (slot.state) {
    case SlotState::Copying:
      return node == slot.target && !slot.read_before;
    case SlotState::Extra:
      return node == slot.holder && !slot.read_before;
    case SlotState::Vacant:
      return node == slot.holder;
    case SlotState::Settled:
    case SlotState::Switched:
    case SlotState::Joint:
      return false;
  }
  return false;
}

bool is_settled(std::span<const Slot> row) {
  return std::ranges::all_of(row,
                             [](const Slot& slot) { return slot.state == SlotState::Settled; });
}

bool is_in_row(std::span<const Slot> row, NodeId node) {
  return std::ranges::any_of(row, [&](const Slot& slot) {
    return slot.holder == node || (is_moving(slot) && slot.target == node);
  });
}

}  // namespace starling
