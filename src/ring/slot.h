#pragma once

// Slot: one of the replica positions of a partition, and what may be said of it while its data
// moves. Quorums count slots, never nodes: a move puts two nodes behind one slot, and the slot
// counts as one all the way.
//
//   State         counts as written when   is read and minted at
//   Settled   S   the holder stored        the holder
//   Copying   D1  holder and target did    the holder
//   Switched  D2  holder and target did    the target
//   Vacant    V   never (but it stores)    nobody
//   Extra     G   the holder stored, for   nobody
//                 the wider demand only
//   Joint     J   likewise                 the holder
//
// Extra and Joint are the two sides of a change of N (row_demand.h). How a slot goes from one state
// to another, and when it may: slot_step.h.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"

namespace starling {

enum class SlotState : std::uint8_t { Settled, Copying, Switched, Vacant, Extra, Joint };

struct Slot {
  SlotState state = SlotState::Settled;
  // Copying: the target was read at an earlier version of this move. Extra: the holder was.
  // Whoever was read must be retired before its acknowledgement stops being asked for.
  bool read_before = false;
  NodeId holder;
  NodeId target;  // of a move (Copying, Switched); 0 otherwise
  // At which it entered this state. Settled: some epoch since which the holder has been complete.
  Epoch since;
  friend bool operator==(const Slot&, const Slot&) = default;
};

// The slots of one partition in their order. (A Row of placement.h is the owners that are aimed
// at.)
using SlotRow = std::vector<Slot>;

// One or two nodes.
class SlotNodes {
 public:
  explicit SlotNodes(NodeId only) : nodes_{only, only}, size_(1) {}
  SlotNodes(NodeId first, NodeId second) : nodes_{first, second}, size_(2) {}
  [[nodiscard]] const NodeId* begin() const { return nodes_.data(); }
  [[nodiscard]] const NodeId* end() const { return begin() + size_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::array<NodeId, 2> nodes_;
  std::size_t size_;
};

// Two nodes stand behind it.
[[nodiscard]] bool is_moving(const Slot& slot);
// Every write of the key is sent to these.
[[nodiscard]] SlotNodes write_nodes(const Slot& slot);
// Who answers reads for the slot and mints its writes.
[[nodiscard]] std::optional<NodeId> read_node(const Slot& slot);
// Whether the slot counts, `stored` being who acknowledged at this version of the row.
[[nodiscard]] bool is_written(const Slot& slot, std::span<const NodeId> stored);
// The node does not hold yet all that was acknowledged before it came: Copying's target, Vacant's
// and Extra's holder. What it lacks says nothing. (Extra on its way out is full, and not read.)
[[nodiscard]] bool is_being_filled(const Slot& slot, NodeId node);
[[nodiscard]] bool is_settled(std::span<const Slot> row);
// Whether some slot of the row has the node as holder or target.
[[nodiscard]] bool is_in_row(std::span<const Slot> row, NodeId node);

}  // namespace starling
