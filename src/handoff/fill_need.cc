#include "handoff/fill_need.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "ring/configuration.h"
#include "ring/slot.h"

namespace starling {
namespace {

// The needs of one sink in one row.
class RowNeeds {
 public:
  RowNeeds(const Configuration& configuration, PartitionId partition, NodeId sink,
           std::vector<FillNeed>& out)
      : configuration_(configuration),
        partition_(partition),
        row_(configuration.rows[partition.value]),
        aim_(configuration.aim(partition)),
        sink_(sink),
        out_(out) {}

  void find() {
    for (const Slot& slot : row_) find(slot);
  }

 private:
  void find(const Slot& slot) {
    switch (slot.state) {
      case SlotState::Copying:
        if (slot.target == sink_) need(slot, slot.since);
        return;
      case SlotState::Vacant:
        if (slot.holder == sink_) return need_others(slot);
        if (is_dropped(slot)) need_others(slot);
        return;
      case SlotState::Extra:
        if (slot.holder == sink_ && !is_going(slot)) need_others(slot);
        return;
      case SlotState::Joint:
        if (slot.holder != sink_ && is_going(slot) && is_read_here()) need(slot, slot.since);
        return;
      case SlotState::Settled:
      case SlotState::Switched:
        return;
    }
  }

  // What every other slot's reader holds.
  void need_others(const Slot& slot) {
    for (const Slot& other : row_) {
      if (&other != &slot) need(other, std::max(slot.since, other.since));
    }
  }

  void need(const Slot& source, Epoch epoch) {
    const std::optional<NodeId> reader = read_node(source);
    if (!reader || *reader == sink_) return;
    const ConfigMember* const member = configuration_.member(*reader);
    if (member == nullptr || member->intent == MemberIntent::Remove) return;
    out_.push_back({.partition = partition_, .source = *reader, .epoch = epoch});
  }

  // On its way out of the row.
  [[nodiscard]] bool is_going(const Slot& slot) const {
    return aim_ != nullptr && std::ranges::find(aim_->owners, slot.holder) == aim_->owners.end();
  }
  [[nodiscard]] bool is_dropped(const Slot& slot) const {
    return is_going(slot) && row_.size() > aim_->owners.size() && is_read_here();
  }
  [[nodiscard]] bool is_read_here() const {
    return std::ranges::any_of(row_, [&](const Slot& slot) { return read_node(slot) == sink_; });
  }

  const Configuration& configuration_;
  PartitionId partition_;
  const SlotRow& row_;
  const RowAim* aim_;
  NodeId sink_;
  std::vector<FillNeed>& out_;
};

}  // namespace

std::vector<FillNeed> fills_needed(const Configuration& configuration, NodeId sink) {
  std::vector<FillNeed> needs;
  for (std::size_t i = 0; i < configuration.rows.size(); ++i) {
    const SlotRow& row = configuration.rows[i];
    const bool settled =
        std::ranges::all_of(row, [](const Slot& slot) { return slot.state == SlotState::Settled; });
    if (settled || !is_in_row(row, sink)) continue;
    const auto first = static_cast<std::ptrdiff_t>(needs.size());
    RowNeeds(configuration, PartitionId{static_cast<std::uint16_t>(i)}, sink, needs).find();
    // Where two slots ask for one source, the later moment serves both.
    std::sort(needs.begin() + first, needs.end());
    for (std::size_t at = static_cast<std::size_t>(first); at + 1 < needs.size();) {
      if (needs[at].source == needs[at + 1].source) {
        needs.erase(needs.begin() + static_cast<std::ptrdiff_t>(at));
      } else {
        ++at;
      }
    }
  }
  return needs;
}

}  // namespace starling
