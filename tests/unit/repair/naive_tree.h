#pragma once

// The naive tree: all records of a partition in a map, and every sum made anew from them. What the
// clever one must agree with.

#include <cstdint>
#include <map>

#include "base/hash.h"
#include "repair/merkle_leaf.h"
#include "ring/token.h"

namespace starling {

struct NaiveTree {
  TreeSpan span;
  std::map<Token, Hash128> contributions;  // without zeros

  void put(Token token, const Hash128& contribution);
  [[nodiscard]] Hash128 contribution(Token token) const;
  [[nodiscard]] LeafSum node(unsigned depth, std::uint32_t node) const;
};

// STARLING_SEED, or a fixed one.
[[nodiscard]] std::uint64_t test_seed();

}  // namespace starling
