#pragma once

// KeyTruth: history and witness of one key joined: every write that was ever minted, with the
// writes that it supersedes. A put supersedes what its client had been shown with the context it
// used. A tombstone carries no label; the request it belongs to is found by the context that it
// carries.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/history.h"
#include "sim/violation.h"
#include "sim/witness.h"
#include "sim/write_set.h"
#include "version/dot.h"
#include "version/vector_clock.h"

namespace starling::sim {

struct AppliedWrite {
  Dot dot;
  bool is_delete = false;
  std::uint32_t write = WriteSet::kNoWrite;  // puts
  // Superseded for certain: a value among them must never be live beside this write.
  WriteSet superseded;
  // Superseded possibly: a value among them may be gone because of this write. Differs only where
  // nobody saw what a delete carried.
  WriteSet may_supersede;
  std::size_t begun = 0;    // operations that had begun when it was first seen
  bool by_context = false;  // deletes: a request with this context was found
};

class KeyTruth {
 public:
  KeyTruth(const History& history, const Witness& witness, std::uint32_t key);

  [[nodiscard]] const std::vector<AppliedWrite>& applied() const { return applied_; }
  // nullptr: never minted.
  [[nodiscard]] const AppliedWrite* put(std::uint32_t write) const;
  // The puts whose dots are in `clock`.
  [[nodiscard]] WriteSet writes_in(const VectorClock& clock) const;
  // All that the writes in `clock` may supersede, and all that they certainly do.
  [[nodiscard]] WriteSet excused_by(const VectorClock& clock) const;
  [[nodiscard]] WriteSet buried_by(const VectorClock& clock) const;
  // The tombstone that an acknowledged delete made; nullptr: it found nothing to delete. Its answer
  // then covers older tombstones only.
  [[nodiscard]] const AppliedWrite* tombstone_of(const Operation& deletion) const;

  // What did not fit together: a tombstone that nobody asked for.
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

 private:
  // Another delete without a context was under way at the same time: either may have made what both
  // answers cover.
  [[nodiscard]] bool is_ambiguous(const Operation& deletion) const;
  void add_put(const Dot& dot, const Sighting& sighting);
  void add_tombstone(const Dot& dot, const Sighting& sighting);

  const History& history_;
  const KeyRecord& key_;
  std::vector<AppliedWrite> applied_;
  std::vector<Violation> violations_;
};

// `context` with one more dot: what a mint of `dot` with that context ships.
[[nodiscard]] VectorClock with_dot(VectorClock context, const Dot& dot);

}  // namespace starling::sim
