#pragma once

// Minter: gives every write its dot. It runs at a replica of the key, on the one loop that owns the
// key, on the newest local record; a dot is unique because the incarnation dies with the process,
// whatever became of the disk. The rules were found by exhaustive search; README.md in this folder
// shows what goes wrong without each of them.

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/planted_bug.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {

// What one replica stores of one key. `mine` is private to the replica and never sent: the last dot
// that it minted for this key. It is lost together with the record, which is what makes the next
// mint start a new lineage.
struct ReplicaRecord {
  SiblingSet versions;
  std::optional<Dot> mine;
  friend bool operator==(const ReplicaRecord&, const ReplicaRecord&) = default;
};

struct Minted {
  Dot dot;
  // What the other replicas are sent: the client's context with the new dot, and the new sibling.
  // Not the whole record: they learn exactly this one write.
  SiblingSet delta;
};

class Minter {
 public:
  explicit Minter(Incarnation incarnation, PlantedBug planted = PlantedBug::None);

  [[nodiscard]] Incarnation incarnation() const { return incarnation_; }
  // After any store error: what this process minted may be gone without a trace.
  void start_incarnation(Incarnation incarnation);

  // The surprise rule: whether `incoming` (a context or a merged record) knows a later dot of the
  // lineage that `mine` names, if that lineage is of the current incarnation, or a lineage that
  // this incarnation has not begun. Then this process has lost newer state without noticing, or
  // somebody invents its dots; it must start a new incarnation before it mints or merges.
  [[nodiscard]] bool is_surprised_by(const std::optional<Dot>& mine,
                                     const VectorClock& incoming) const;

  // Mints `write` (whose dot it sets) into `record`: drops what `context` covers, adds the new
  // sibling, and remembers the dot in `record.mine`.
  // REQUIRES: !is_surprised_by(record.mine, context).
  [[nodiscard]] Minted mint(ReplicaRecord& record, const VectorClock& context, Sibling write);

 private:
  [[nodiscard]] Dot next_dot(const ReplicaRecord& record);

  Incarnation incarnation_;
  std::uint64_t lineages_ = 0;  // begun in this incarnation
  PlantedBug planted_;
};

}  // namespace starling
