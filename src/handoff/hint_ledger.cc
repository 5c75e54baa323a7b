#include "handoff/hint_ledger.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "handoff/hint.h"
#include "message/peer_messages.h"

namespace starling {
namespace {

HintKey key_of(const HintSlot& slot, std::uint64_t sequence) {
  return {.partition = slot.partition, .slot = slot.slot, .sequence = sequence};
}

}  // namespace

void HintLedger::restore(const HintKey& key, HintStanding standing, std::uint64_t bytes) {
  STARLING_CHECK(!contains(key));
  insert(key, {.standing = standing, .bytes = bytes});
  next_sequence_ = std::max(next_sequence_, key.sequence + 1);
}

void HintLedger::insert(const HintKey& key, const Entry& entry) {
  entries_[slot_of(key)][key.sequence] = entry;
  ++hints_;
  bytes_ += entry.bytes;
  if (entry.standing == HintStanding::Counted) return;
  best_effort_.emplace(key.sequence, slot_of(key));
  best_effort_bytes_ += entry.bytes;
}

HintKey HintLedger::next_key(const HintSlot& slot) const {
  return key_of(slot, next_sequence_);
}

bool HintLedger::fits(std::uint64_t bytes, std::size_t hints) const {
  return bytes <= options_.bytes_max && hints <= options_.hints_max;
}

std::optional<HintLedger::Admitted> HintLedger::admit(const HintSlot& slot, HintStanding standing,
                                                      std::uint64_t bytes) {
  const bool has_room = fits(bytes_ + bytes, hints_ + 1);
  // Dropping all of best effort for a hint that is refused anyway would help nobody.
  const bool can_make_room =
      standing == HintStanding::Counted &&
      fits(bytes_ - best_effort_bytes_ + bytes, hints_ - best_effort_.size() + 1);
  if (!has_room && !can_make_room) {
    if (standing == HintStanding::BestEffort) first_in_line_.insert(slot.partition);
    return std::nullopt;
  }
  Admitted admitted{.key = next_key(slot)};
  while (!fits(bytes_ + bytes, hints_ + 1)) {
    const auto& [sequence, oldest] = *best_effort_.begin();
    admitted.dropped.push_back(key_of(oldest, sequence));
    first_in_line_.insert(oldest.partition);
    remove(admitted.dropped.back());
  }
  ++next_sequence_;
  insert(admitted.key, {.standing = standing, .bytes = bytes});
  return admitted;
}

std::optional<HintLedger::Admitted> HintLedger::replace(const HintKey& key, std::uint64_t bytes) {
  const Entry old = entries_.at(slot_of(key)).at(key.sequence);
  remove(key);
  std::optional<Admitted> admitted = admit(slot_of(key), old.standing, bytes);
  if (!admitted.has_value()) {
    insert(key, old);
    return std::nullopt;
  }
  admitted->dropped.push_back(key);
  return admitted;
}

HintKey HintLedger::move(const HintKey& key, std::uint8_t slot) {
  const Entry entry = entries_.at(slot_of(key)).at(key.sequence);
  remove(key);
  const HintKey moved = next_key({.partition = key.partition, .slot = slot});
  ++next_sequence_;
  insert(moved, entry);
  return moved;
}

void HintLedger::remove(const HintKey& key) {
  const auto of_slot = entries_.find(slot_of(key));
  if (of_slot == entries_.end()) return;
  const auto entry = of_slot->second.find(key.sequence);
  if (entry == of_slot->second.end()) return;
  --hints_;
  bytes_ -= entry->second.bytes;
  if (entry->second.standing == HintStanding::BestEffort) {
    best_effort_bytes_ -= entry->second.bytes;
    best_effort_.erase({key.sequence, slot_of(key)});
  }
  of_slot->second.erase(entry);
  if (of_slot->second.empty()) entries_.erase(of_slot);
}

bool HintLedger::contains(const HintKey& key) const {
  const auto of_slot = entries_.find(slot_of(key));
  return of_slot != entries_.end() && of_slot->second.contains(key.sequence);
}

std::optional<HintKey> HintLedger::next(const HintSlot& slot, std::uint64_t after) const {
  const auto of_slot = entries_.find(slot);
  if (of_slot == entries_.end()) return std::nullopt;
  const auto entry = of_slot->second.upper_bound(after);
  if (entry == of_slot->second.end()) return std::nullopt;
  return key_of(slot, entry->first);
}

bool HintLedger::holds_hints_of(PartitionId partition) const {
  const auto first = entries_.lower_bound({.partition = partition, .slot = 0});
  return first != entries_.end() && first->first.partition == partition;
}

std::size_t HintLedger::hints_of(const HintSlot& slot) const {
  const auto of_slot = entries_.find(slot);
  return of_slot == entries_.end() ? 0 : of_slot->second.size();
}

std::vector<HintSlot> HintLedger::slots() const {
  std::vector<HintSlot> slots;
  slots.reserve(entries_.size());
  for (const auto& [slot, of_slot] : entries_) slots.push_back(slot);
  return slots;
}

std::vector<PartitionId> HintLedger::take_first_in_line() {
  std::vector<PartitionId> partitions(first_in_line_.begin(), first_in_line_.end());
  first_in_line_.clear();
  return partitions;
}

void HintLedger::check_invariants() const {
  std::size_t hints = 0;
  std::uint64_t bytes = 0;
  std::size_t best_effort = 0;
  for (const auto& [slot, of_slot] : entries_) {
    STARLING_CHECK(!of_slot.empty());
    for (const auto& [sequence, entry] : of_slot) {
      STARLING_CHECK(sequence < next_sequence_);
      ++hints;
      bytes += entry.bytes;
      if (entry.standing == HintStanding::BestEffort) ++best_effort;
    }
  }
  STARLING_CHECK(hints == hints_);
  STARLING_CHECK(bytes == bytes_);
  STARLING_CHECK(best_effort == best_effort_.size());
}

}  // namespace starling
