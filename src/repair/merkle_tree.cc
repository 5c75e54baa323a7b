#include "repair/merkle_tree.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"
#include "repair/merkle_leaf.h"
#include "repair/tree_depth.h"
#include "ring/token.h"

namespace starling {
namespace {

// Sixteen children a node: the depth of the dialogue against its width, cheapest around here.
constexpr unsigned kFanOutBits = 4;

}  // namespace

unsigned next_compared_depth(unsigned depth, unsigned leaf_depth) {
  return std::min(depth - depth % kFanOutBits + kFanOutBits, leaf_depth);
}

MerkleTree::MerkleTree(const TreeSpan& span, unsigned depth) : span_(span), depth_(depth) {
  STARLING_CHECK(is_tree_depth(depth));
  for (unsigned level = 0; level < depth; level += kFanOutBits) {
    levels_.emplace_back(std::size_t{1} << level);
  }
  levels_.emplace_back(std::size_t{1} << depth);
  leaf_keys_.resize(std::size_t{1} << depth);
}

std::uint32_t MerkleTree::replace(Token token, const Hash128& before, const Hash128& after) {
  const std::uint32_t leaf = span_.node_of(token, depth_);
  if (before == after) return leaf;
  // Counts come from the disk: one that is too low is for the scrub to find.
  if (before != Hash128{} && leaf_keys_[leaf] > 0) {
    --leaf_keys_[leaf];
    --keys_;
  }
  if (after != Hash128{}) {
    ++leaf_keys_[leaf];
    ++keys_;
  }
  add_above(leaf, difference_of(after, before));
  return leaf;
}

void MerkleTree::restore_leaf(std::uint32_t leaf, const LeafSum& sum) {
  STARLING_CHECK(leaf < leaves());
  STARLING_CHECK(leaf_keys_[leaf] == 0);
  leaf_keys_[leaf] = sum.keys;
  keys_ += sum.keys;
  add_above(leaf, sum.sum);
}

void MerkleTree::correct_leaf(std::uint32_t leaf, const LeafSum& sum) {
  const LeafSum before = this->leaf(leaf);
  keys_ += sum.keys;
  keys_ -= before.keys;
  leaf_keys_[leaf] = sum.keys;
  add_above(leaf, difference_of(sum.sum, before.sum));
}

void MerkleTree::add_above(std::uint32_t leaf, const Hash128& difference) {
  levels_.back()[leaf].add(difference);
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level) {
    const auto level_depth = static_cast<unsigned>(level) * kFanOutBits;
    levels_[level][leaf >> (depth_ - level_depth)].add(difference);
  }
}

LeafSum MerkleTree::leaf(std::uint32_t leaf) const {
  STARLING_CHECK(leaf < leaves());
  return {.sum = levels_.back()[leaf], .keys = leaf_keys_[leaf]};
}

Hash128 MerkleTree::node(unsigned depth, std::uint32_t node) const {
  STARLING_CHECK(depth <= depth_);
  STARLING_CHECK(node < (1U << depth));
  // The first level kept that is at least as fine; its nodes below ours add up to it.
  const unsigned kept = depth % kFanOutBits == 0 ? depth : next_compared_depth(depth, depth_);
  const std::size_t level = kept == depth_ ? levels_.size() - 1 : kept / kFanOutBits;
  const unsigned shift = kept - depth;
  Hash128 sum;
  for (std::uint32_t child = node << shift; child < (node + 1) << shift; ++child) {
    sum.add(levels_[level][child]);
  }
  return sum;
}

MerkleTree MerkleTree::folded(unsigned depth) const {
  STARLING_CHECK(depth <= depth_);
  MerkleTree coarse(span_, depth);
  const unsigned shift = depth_ - depth;
  for (std::uint32_t leaf = 0; leaf < coarse.leaves(); ++leaf) {
    LeafSum sum{.sum = node(depth, leaf)};
    for (std::uint32_t fine = leaf << shift; fine < (leaf + 1) << shift; ++fine) {
      sum.keys += leaf_keys_[fine];
    }
    coarse.restore_leaf(leaf, sum);
  }
  return coarse;
}

std::size_t MerkleTree::memory_bytes() const {
  std::size_t bytes = leaf_keys_.capacity() * sizeof(std::uint32_t);
  for (const std::vector<Hash128>& level : levels_) bytes += level.capacity() * sizeof(Hash128);
  return bytes;
}

void MerkleTree::check_invariants() const {
  std::uint64_t keys = 0;
  for (const std::uint32_t count : leaf_keys_) keys += count;
  STARLING_CHECK(keys == keys_);
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level) {
    const std::size_t children = levels_[level + 1].size() / levels_[level].size();
    for (std::size_t node = 0; node < levels_[level].size(); ++node) {
      Hash128 sum;
      for (std::size_t child = 0; child < children; ++child) {
        sum.add(levels_[level + 1][node * children + child]);
      }
      STARLING_CHECK(sum == levels_[level][node]);
    }
  }
}

}  // namespace starling
