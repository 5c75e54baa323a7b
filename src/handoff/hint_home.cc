#include "handoff/hint_home.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/ids.h"
#include "ring/configuration.h"
#include "ring/slot.h"

namespace starling {
namespace {

// Places of targets lie behind those of all holders.
constexpr std::size_t kFirstTarget = kSlotsMax;
static_assert(kFirstTarget + kSlotsMax <= 256, "a place is one byte on the disk");

}  // namespace

std::optional<std::uint8_t> hint_place_of(std::span<const Slot> row, NodeId home) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i].holder == home) return static_cast<std::uint8_t>(i);
    if (is_moving(row[i]) && row[i].target == home) {
      return static_cast<std::uint8_t>(kFirstTarget + i);
    }
  }
  return std::nullopt;
}

std::optional<NodeId> home_of_place(std::span<const Slot> row, std::uint8_t place) {
  if (row.empty() || place >= kFirstTarget + kSlotsMax) return std::nullopt;
  const bool of_target = place >= kFirstTarget;
  const Slot& slot = row[(place - (of_target ? kFirstTarget : 0)) % row.size()];
  return of_target && is_moving(slot) ? slot.target : slot.holder;
}

std::optional<std::uint8_t> next_place(std::span<const Slot> row, std::uint8_t place) {
  if (place >= row.size() || !is_moving(row[place])) return std::nullopt;
  return static_cast<std::uint8_t>(kFirstTarget + place);
}

}  // namespace starling
