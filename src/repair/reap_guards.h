#pragma once

// The guards of reaping, as pure functions: what a slot owner or hint holder may agree to, and what
// an owner may carry out. The rounds ask them, and so does the exhaustive search over all orders of
// events (README.md of this folder): what was proved is what runs.

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/repair_messages.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling {

// Clock, live dots, kinds and value hashes: records are equal if and only if these are.
[[nodiscard]] Hash128 full_digest(const SiblingSet& record);

// Only against churn: a key that was deleted just now is often written again.
inline constexpr Duration kReapAgeMin = std::chrono::minutes(10);
// Clocks beyond this are worth shortening, with N slots: every owner has minted, in three lives,
// and some fallbacks did.
[[nodiscard]] constexpr std::size_t clock_entries_wanted(std::size_t slots) {
  return 3 * slots + 8;
}

// Actors without a live sibling whose incarnation is none of `current`: those no lineage of which
// can go on.
[[nodiscard]] std::vector<Actor> droppable_actors(const SiblingSet& record,
                                                  std::span<const Incarnation> current);
// The record without these actors' dots in its clock. REQUIRES: none of them has a live sibling.
[[nodiscard]] SiblingSet compacted(const SiblingSet& record, std::span<const Actor> drop);

// What a slot owner knows when it is asked.
struct ReapStanding {
  RowVersion row_version;
  bool row_settled = false;  // no slot of the row is in transition or being filled
  FenceStamp fence;          // its own
  StoreStart self;
  // The latest start that it knows of each owner of the row, itself included.
  std::span<const StoreStart> known;
};

// Whether the batch as a whole may be agreed to: the same settled row, a fence above our own, a
// sensible number of keys, and no owner of which another start is known. A vote stands for all that
// this start of this store held; a store that was lost since holds less.
[[nodiscard]] bool may_vote(const ReapStanding& standing, const ReapBatch& batch);

struct ReapRecord {
  const SiblingSet& versions;
  bool durable = false;
  Duration unchanged_for{};
};
[[nodiscard]] KeyVote vote_on(const ReapRecord& record, const ReapCandidate& candidate);

// A hint may be the only copy of a write, or of a value that was deleted since. Whoever agrees must
// raise its fence to batch.fence, durably, before the vote leaves: a hint that arrives later is
// then refused, and not acknowledged.
[[nodiscard]] constexpr bool holder_may_vote(bool holds_hints_of_partition,
                                             bool holds_own_records_of_partition) {
  return !holds_hints_of_partition && !holds_own_records_of_partition;
}

// Whether a commit may be carried out: may_vote still holds. Then, in one write: the fence is
// advanced with the tokens of all candidates, and each key to which still_applies goes or shrinks.
[[nodiscard]] bool may_commit(const ReapStanding& standing, const ReapBatch& batch);
// A write that came after the vote has changed the digest: the replica keeps its record.
[[nodiscard]] bool still_applies(const SiblingSet& record, const ReapCandidate& candidate);

}  // namespace starling
