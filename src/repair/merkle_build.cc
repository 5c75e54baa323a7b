#include "repair/merkle_build.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/hash.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "ring/token.h"

namespace starling {

std::optional<TokenRange> MerkleBuild::next_range(std::uint32_t leaves_max) const {
  STARLING_CHECK(leaves_max > 0);
  if (finished()) return std::nullopt;
  const std::uint32_t count = std::min(leaves_max, tree_.leaves() - next_leaf_);
  const TreeSpan& span = tree_.span();
  return TokenRange{.first = span.range_of(next_leaf_, tree_.depth()).first,
                    .last = span.range_of(next_leaf_ + count - 1, tree_.depth()).last};
}

void MerkleBuild::add_record(Token token, const Hash128& contribution) {
  STARLING_CHECK(tree_.span().node_of(token, tree_.depth()) >= next_leaf_);
  static_cast<void>(tree_.replace(token, Hash128{}, contribution));
}

void MerkleBuild::finish_range(const TokenRange& range) {
  const TreeSpan& span = tree_.span();
  STARLING_CHECK(span.range_of(next_leaf_, tree_.depth()).first == range.first);
  next_leaf_ = span.node_of(range.last, tree_.depth()) + 1;
}

std::optional<std::uint32_t> MerkleBuild::on_write(Token token, const Hash128& before,
                                                   const Hash128& after) {
  if (tree_.span().node_of(token, tree_.depth()) >= next_leaf_) return std::nullopt;
  return tree_.replace(token, before, after);
}

MerkleTree MerkleBuild::take() && {
  STARLING_CHECK(finished());
  return std::move(tree_);
}

}  // namespace starling
