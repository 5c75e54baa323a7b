#pragma once

// RowDemand: how many slots of a row must hold a write before it counts. While N changes there are
// two answers, and both must be met (Raft calls it joint consensus): a write has to be seen by the
// reads of the old N and of the new one, whichever of the two rows the reader knows. A blocking
// read repair is a write in this respect: what it protects must be held by enough slots of both.

#include <cstdint>
#include <span>

#include "base/ids.h"
#include "ring/slot.h"

namespace starling {

// Slots without, and with, the one that comes or goes (Extra, Joint). Equal while N stays.
struct RowCount {
  std::uint32_t inner = 0;
  std::uint32_t outer = 0;
  friend bool operator==(const RowCount&, const RowCount&) = default;
};

// The N that a write must satisfy, both of them.
[[nodiscard]] RowCount slots_for_writes(std::span<const Slot> row);
// The N of a read, and the N in force as people see it.
[[nodiscard]] std::uint32_t slots_for_reads(std::span<const Slot> row);
// Both of the above.
struct RowNumbers {
  std::uint32_t reads = 0;
  RowCount writes;
  [[nodiscard]] static RowNumbers settled(std::uint32_t slots) {
    return {.reads = slots, .writes = {.inner = slots, .outer = slots}};
  }
  friend bool operator==(const RowNumbers&, const RowNumbers&) = default;
};
[[nodiscard]] RowNumbers numbers_of(std::span<const Slot> row);
// The slot counts in both of the numbers, not in the wider one alone. REQUIRES: it is not Vacant,
// which counts in neither.
[[nodiscard]] bool is_inner(const Slot& slot);
// How many of each are written, `stored` being who acknowledged at this version of the row.
[[nodiscard]] RowCount written_slots(std::span<const Slot> row, std::span<const NodeId> stored);
// The demand for `slots_for_writes` is what the caller's level makes of each of the two numbers.
[[nodiscard]] bool meets(RowCount written, RowCount demand);

// More than half of the slots.
[[nodiscard]] std::uint32_t majority_of(std::uint32_t slots);

}  // namespace starling
