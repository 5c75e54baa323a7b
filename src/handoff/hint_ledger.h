#pragma once

// HintLedger: what hints this node keeps, for which slots, and how much room they take. It decides
// whether one more is taken; the hints themselves are in the store. A counted hint is never
// dropped: a full ledger refuses it, and the write then fails honestly. One of best effort makes
// room for it, and its partition comes first in line for repair, which finds what the hint would
// have brought.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "handoff/hint.h"

namespace starling {

// A slot of a partition, whoever owns it by now.
struct HintSlot {
  PartitionId partition;
  std::uint8_t slot = 0;
  friend auto operator<=>(const HintSlot&, const HintSlot&) = default;
};
[[nodiscard]] constexpr HintSlot slot_of(const HintKey& key) {
  return {.partition = key.partition, .slot = key.slot};
}

class HintLedger {
 public:
  struct Options {
    // Of encoded hints with their keys. An hour of 100 writes a second with 2 KB each.
    std::uint64_t bytes_max = std::uint64_t{1} << 30U;
    // Some 150 bytes of memory each.
    std::size_t hints_max = 1'000'000;
  };
  // A hint that is taken, and those that must leave the store in the same write.
  struct Admitted {
    HintKey key;
    std::vector<HintKey> dropped;
  };

  explicit HintLedger(Options options) : options_(options) {}

  // A hint found at the start; bounds are not asked, for it is there. REQUIRES: not known yet.
  void restore(const HintKey& key, HintStanding standing, std::uint64_t bytes);

  // The key that the next hint of `slot` gets, if it is taken.
  [[nodiscard]] HintKey next_key(const HintSlot& slot) const;
  // Room for one more. Nothing: refused. A refused hint of best effort puts its partition first in
  // line as well.
  [[nodiscard]] std::optional<Admitted> admit(const HintSlot& slot, HintStanding standing,
                                              std::uint64_t bytes);
  // An own record grew by another mint: it moves to a new sequence, so that the acknowledgement of
  // what it was before does not delete what it is now. `key` is among `dropped`. Nothing: refused,
  // and it stays as it is. REQUIRES: key is known.
  [[nodiscard]] std::optional<Admitted> replace(const HintKey& key, std::uint64_t bytes);
  // To another place of its partition, with a new sequence, so that it is found there. It takes the
  // room that it had: no bound is asked. The store must do both in one write. REQUIRES: key is
  // known.
  [[nodiscard]] HintKey move(const HintKey& key, std::uint8_t slot);
  // It was delivered, or is superseded. Unknown keys are ignored.
  void remove(const HintKey& key);

  [[nodiscard]] bool contains(const HintKey& key) const;
  // The first of the slot with a sequence above `after`.
  [[nodiscard]] std::optional<HintKey> next(const HintSlot& slot, std::uint64_t after) const;
  // What a hint holder answers when it is asked about reaping.
  [[nodiscard]] bool holds_hints_of(PartitionId partition) const;
  [[nodiscard]] std::size_t hints_of(const HintSlot& slot) const;
  [[nodiscard]] std::vector<HintSlot> slots() const;

  [[nodiscard]] std::size_t hints() const { return hints_; }
  // Those of them that writes were acknowledged by.
  [[nodiscard]] std::size_t counted() const { return hints_ - best_effort_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // Partitions of which hints were dropped since the last call, ascending.
  [[nodiscard]] std::vector<PartitionId> take_first_in_line();
  void check_invariants() const;

 private:
  struct Entry {
    HintStanding standing = HintStanding::BestEffort;
    std::uint64_t bytes = 0;
  };

  [[nodiscard]] bool fits(std::uint64_t bytes, std::size_t hints) const;
  void insert(const HintKey& key, const Entry& entry);

  Options options_;
  std::map<HintSlot, std::map<std::uint64_t, Entry>> entries_;
  // The oldest goes first. Two slots may have the same sequence: what is found at the start later
  // than others may have one that was given out meanwhile.
  std::set<std::pair<std::uint64_t, HintSlot>> best_effort_;
  std::set<PartitionId> first_in_line_;  // at most one a partition
  std::uint64_t next_sequence_ = 1;
  std::size_t hints_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t best_effort_bytes_ = 0;
};

}  // namespace starling
