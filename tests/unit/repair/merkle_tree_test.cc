#include "repair/merkle_tree.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "naive_tree.h"
#include "repair/merkle_leaf.h"
#include "repair/tree_depth.h"
#include "ring/token.h"

namespace starling {
namespace {

const TreeSpan kTreeSpan{.partition = PartitionId{5}, .partition_bits = 3};

Hash128 some_hash(Random& random) {
  return {.high = random.next(), .low = random.next()};
}

Token some_token(Random& random) {
  const TokenRange all = kTreeSpan.range_of(0, 0);
  return Token{random.between(all.first.value, all.last.value)};
}

// A thousand writes to some 300 keys: new, changed and gone.
void write_at_random(MerkleTree& tree, NaiveTree& naive, Random& random) {
  std::vector<Token> tokens;
  for (int i = 0; i < 300; ++i) tokens.push_back(some_token(random));
  for (int i = 0; i < 1000; ++i) {
    const Token token = tokens[random.below(tokens.size())];
    const Hash128 after = random.below(3) == 0 ? Hash128{} : some_hash(random);
    const std::uint32_t leaf = tree.replace(token, naive.contribution(token), after);
    CHECK(leaf == kTreeSpan.node_of(token, tree.depth()));
    naive.put(token, after);
  }
}

void check_same(const MerkleTree& tree, const NaiveTree& naive) {
  tree.check_invariants();
  CHECK(tree.keys() == naive.contributions.size());
  CHECK(tree.root() == naive.node(0, 0).sum);
  for (unsigned depth = 0; depth <= tree.depth(); ++depth) {
    const std::uint32_t stride = depth < 8 ? 1 : (1U << (depth - 6)) - 1;
    for (std::uint32_t node = 0; node < (1U << depth); node += stride) {
      CHECK(tree.node(depth, node) == naive.node(depth, node).sum);
    }
  }
  for (const auto& [token, hash] : naive.contributions) {
    const std::uint32_t leaf = kTreeSpan.node_of(token, tree.depth());
    CHECK(tree.leaf(leaf) == naive.node(tree.depth(), leaf));
  }
}

TEST_CASE("MerkleTree: every node is what a naive tree has, after any writes") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  for (const unsigned depth : {10U, 12U, 15U}) {
    Random random = Random(seed).fork("writes", depth);
    MerkleTree tree(kTreeSpan, depth);
    NaiveTree naive{.span = kTreeSpan};
    write_at_random(tree, naive, random);
    check_same(tree, naive);
  }
}

TEST_CASE("MerkleTree: folded, it is the tree that a smaller one would have become") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Random random = Random(seed).fork("fold");
  MerkleTree fine(kTreeSpan, 15);
  NaiveTree naive{.span = kTreeSpan};
  write_at_random(fine, naive, random);
  for (unsigned depth = kTreeDepthMin; depth <= fine.depth(); ++depth) {
    const MerkleTree coarse = fine.folded(depth);
    check_same(coarse, naive);
    for (std::uint32_t leaf = 0; leaf < coarse.leaves(); leaf += 7) {
      CHECK(coarse.leaf(leaf).sum == fine.node(depth, leaf));
    }
  }
}

TEST_CASE("MerkleTree: is rebuilt from what the store has of its leaves") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Random random = Random(seed).fork("restore");
  MerkleTree tree(kTreeSpan, 12);
  NaiveTree naive{.span = kTreeSpan};
  write_at_random(tree, naive, random);
  std::map<std::string, std::string> store;
  for (std::uint32_t leaf = 0; leaf < tree.leaves(); ++leaf) {
    const std::string key = leaf_store_key(kTreeSpan.partition, tree.depth(), leaf);
    if (!tree.leaf(leaf).empty()) store[key] = encode_leaf(key, tree.leaf(leaf));
  }
  MerkleTree rebuilt(kTreeSpan, 12);
  for (const auto& [key, bytes] : store) {
    const Result<StoredLeaf> stored = decode_leaf(key, bytes);
    REQUIRE(stored.ok());
    rebuilt.restore_leaf(stored->leaf, stored->sum);
  }
  check_same(rebuilt, naive);
}

TEST_CASE("MerkleTree: what was written and taken out again leaves no trace") {
  Random random(3);
  MerkleTree tree(kTreeSpan, 10);
  const Token token = some_token(random);
  const Hash128 hash = some_hash(random);
  tree.replace(token, {}, hash);
  CHECK(tree.root() == hash);
  tree.replace(token, hash, {});
  CHECK(tree.root() == Hash128{});
  CHECK(tree.leaf(kTreeSpan.node_of(token, 10)).empty());
  tree.check_invariants();
}

TEST_CASE("MerkleTree: a leaf that came too low from the disk is counted on, and does not end it") {
  MerkleTree tree(kTreeSpan, 10);
  const Token token = kTreeSpan.range_of(3, 10).first;
  tree.replace(token, {.high = 1, .low = 1}, {});
  CHECK(tree.keys() == 0);
  CHECK(tree.root() != Hash128{});
  tree.check_invariants();
}

TEST_CASE("next_compared_depth: goes down by sixteen children a node, to the leaves") {
  CHECK(next_compared_depth(0, 10) == 4);
  CHECK(next_compared_depth(4, 10) == 8);
  CHECK(next_compared_depth(8, 10) == 10);
  CHECK(next_compared_depth(16, 18) == 18);
  CHECK(next_compared_depth(8, 12) == 12);
}

}  // namespace
}  // namespace starling
