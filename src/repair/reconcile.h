#pragma once

// What becomes of one key that two replicas hold differently: which way it travels. Both ways at
// once where each has a sibling that the other lacks.

#include "version/sibling_set.h"

namespace starling {

struct Reconciliation {
  bool merge_here = false;  // theirs has something for us
  bool push_there = false;  // ours has something for them
  bool collision = false;   // one dot stands for two values: nothing may be merged
};

// A record of tombstones only is never moved to a replica that has none: it would make reaping an
// endless to and fro. Over a live value it is.
[[nodiscard]] Reconciliation reconciliation_of(const SiblingSet& ours, const SiblingSet& theirs);

}  // namespace starling
