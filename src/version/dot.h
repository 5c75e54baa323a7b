#pragma once

// Dot: one write event, and Actor: who made it. An actor is no node but one *lineage* of a node:
// the incarnation of the process and a number within it. A replica that finds no record of its own
// making starts a new lineage, so a lost counter can never be used twice (the reason why Riak went
// from actor ids to per-key actor epochs). Source: Preguiça et al., "Dotted Version Vectors", 2010.

#include <compare>
#include <cstdint>

#include "base/ids.h"

namespace starling {

struct Actor {
  Incarnation incarnation;
  std::uint64_t lineage = 0;
  friend auto operator<=>(const Actor&, const Actor&) = default;
};

// The counter of the first event of an actor is 1.
struct Dot {
  Actor actor;
  std::uint64_t counter = 0;
  friend auto operator<=>(const Dot&, const Dot&) = default;
};

}  // namespace starling
