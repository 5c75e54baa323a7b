#pragma once

// MerkleTree: what one replica holds of one partition, as sums over ranges of tokens: leaves of
// some dozen keys, and every fourth level above them (fan-out 16). A node is the sum of its
// children, hence each level is also the leaves of a coarser tree: two replicas whose trees differ
// in depth compare at the smaller one. It is in memory only; the leaves are in the store as well
// (merkle_leaf.h), and from them it is rebuilt at the start. It does not know records.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hash.h"
#include "repair/merkle_leaf.h"
#include "repair/tree_depth.h"
#include "ring/token.h"

namespace starling {

class MerkleTree {
 public:
  // An empty tree. REQUIRES: is_tree_depth(depth).
  MerkleTree(const TreeSpan& span, unsigned depth);

  // One record changed: what it added before is taken out, what it adds now comes in (zero:
  // nothing, as contribution_of says). Returns the leaf, whose new sum belongs into the store in
  // the same batch as the record. REQUIRES: the token is of this partition.
  std::uint32_t replace(Token token, const Hash128& before, const Hash128& after);

  // A leaf as the store has it, for rebuilding. REQUIRES: leaf < leaves(), and it is empty here.
  void restore_leaf(std::uint32_t leaf, const LeafSum& sum);

  // What was read in the records of a leaf, where it is not what the leaf said (scrub.h). The sum
  // had promised more or other than there is; corrected, it lets an exchange see the difference.
  void correct_leaf(std::uint32_t leaf, const LeafSum& sum);

  [[nodiscard]] const TreeSpan& span() const { return span_; }
  [[nodiscard]] unsigned depth() const { return depth_; }
  [[nodiscard]] std::uint32_t leaves() const { return 1U << depth_; }
  [[nodiscard]] std::uint64_t keys() const { return keys_; }
  [[nodiscard]] LeafSum leaf(std::uint32_t leaf) const;
  [[nodiscard]] const Hash128& root() const { return levels_.front().front(); }
  // The node at any depth up to depth(). Where no level is kept, of up to eight below it.
  // REQUIRES: depth <= this->depth(), node < 2^depth.
  [[nodiscard]] Hash128 node(unsigned depth, std::uint32_t node) const;

  // The same content with fewer leaves. REQUIRES: is_tree_depth(depth), depth <= this->depth().
  [[nodiscard]] MerkleTree folded(unsigned depth) const;

  [[nodiscard]] std::size_t memory_bytes() const;
  // Every node is the sum of its children. Reads the whole tree.
  void check_invariants() const;

 private:
  void add_above(std::uint32_t leaf, const Hash128& difference);

  TreeSpan span_;
  unsigned depth_;
  std::uint64_t keys_ = 0;
  // At depths 0, 4, 8, … below depth_, then the leaves.
  std::vector<std::vector<Hash128>> levels_;
  std::vector<std::uint32_t> leaf_keys_;
};

// The depths at which two sides compare a tree of `depth`: 0, 4, 8, …, depth.
[[nodiscard]] unsigned next_compared_depth(unsigned depth, unsigned leaf_depth);

}  // namespace starling
