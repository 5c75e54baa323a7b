#include "repair/reconcile.h"

#include "version/sibling_set.h"

namespace starling {

Reconciliation reconciliation_of(const SiblingSet& ours, const SiblingSet& theirs) {
  SiblingSet merged = ours.without_values();
  if (!merged.sync(theirs.without_values())) return {.collision = true};
  const bool only_tombstone_moves = merged.live_values() == 0 && (ours.empty() || theirs.empty());
  if (only_tombstone_moves) return {};
  return {.merge_here = merged != ours.without_values(),
          .push_there = merged != theirs.without_values()};
}

}  // namespace starling
