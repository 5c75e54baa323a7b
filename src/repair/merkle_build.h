#pragma once

// MerkleBuild: a new tree made from the records, range by range, while writes go on: for a
// partition that has none yet, and for one that outgrew its own. A write to a range that was read
// already is applied to the new tree; one to a range still ahead is found there when its turn
// comes. It needs each range read in one turn of the loop, overlay included.

#include <cstdint>
#include <optional>

#include "base/hash.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "ring/token.h"

namespace starling {

class MerkleBuild {
 public:
  MerkleBuild(const TreeSpan& span, unsigned depth) : tree_(span, depth) {}

  // The tokens to read next, a whole number of leaves and at most `leaves_max`; nothing: all was
  // read. REQUIRES: leaves_max > 0.
  [[nodiscard]] std::optional<TokenRange> next_range(std::uint32_t leaves_max) const;
  // A record of that range.
  void add_record(Token token, const Hash128& contribution);
  // Every record of `range`, which next_range gave, was added.
  void finish_range(const TokenRange& range);
  // A record changed in the store, anywhere in the partition. Returns the leaf to be written along
  // with it, if it belongs to what was read.
  std::optional<std::uint32_t> on_write(Token token, const Hash128& before, const Hash128& after);

  [[nodiscard]] bool finished() const { return next_leaf_ == tree_.leaves(); }
  [[nodiscard]] const MerkleTree& tree() const { return tree_; }
  // REQUIRES: finished().
  [[nodiscard]] MerkleTree take() &&;

 private:
  MerkleTree tree_;
  std::uint32_t next_leaf_ = 0;
};

}  // namespace starling
