#include "ring/row_demand.h"

#include <cstdint>
#include <span>

#include "base/ids.h"
#include "ring/slot.h"

namespace starling {

bool is_inner(const Slot& slot) {
  return slot.state != SlotState::Extra && slot.state != SlotState::Joint;
}

RowCount slots_for_writes(std::span<const Slot> row) {
  RowCount count{.outer = static_cast<std::uint32_t>(row.size())};
  for (const Slot& slot : row) count.inner += is_inner(slot) ? 1 : 0;
  return count;
}

std::uint32_t slots_for_reads(std::span<const Slot> row) {
  std::uint32_t count = 0;
  for (const Slot& slot : row) count += slot.state != SlotState::Extra ? 1 : 0;
  return count;
}

RowNumbers numbers_of(std::span<const Slot> row) {
  return {.reads = slots_for_reads(row), .writes = slots_for_writes(row)};
}

RowCount written_slots(std::span<const Slot> row, std::span<const NodeId> stored) {
  RowCount count;
  for (const Slot& slot : row) {
    if (!is_written(slot, stored)) continue;
    ++count.outer;
    count.inner += is_inner(slot) ? 1 : 0;
  }
  return count;
}

bool meets(RowCount written, RowCount demand) {
  return written.inner >= demand.inner && written.outer >= demand.outer;
}

std::uint32_t majority_of(std::uint32_t slots) {
  return slots / 2 + 1;
}

}  // namespace starling
