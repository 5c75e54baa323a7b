#include "naive_tree.h"

#include <cstdint>

#include "base/hash.h"
#include "repair/merkle_leaf.h"
#include "ring/token.h"
#include "support/seed.h"

namespace starling {

void NaiveTree::put(Token token, const Hash128& contribution) {
  if (contribution == Hash128{}) {
    contributions.erase(token);
  } else {
    contributions[token] = contribution;
  }
}

Hash128 NaiveTree::contribution(Token token) const {
  const auto found = contributions.find(token);
  return found == contributions.end() ? Hash128{} : found->second;
}

LeafSum NaiveTree::node(unsigned depth, std::uint32_t node) const {
  const TokenRange range = span.range_of(node, depth);
  LeafSum sum;
  for (auto it = contributions.lower_bound(range.first);
       it != contributions.end() && it->first <= range.last; ++it) {
    sum.sum.add(it->second);
    ++sum.keys;
  }
  return sum;
}

std::uint64_t test_seed() {
  return seed_or(20'261'124);
}

}  // namespace starling
