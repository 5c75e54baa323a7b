#include "repair/tree_depth.h"

#include <cstddef>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "repair/merkle_tree.h"

namespace starling {
namespace {

TEST_CASE("depth_for: a depth is kept between 16 and 64 keys a leaf") {
  for (unsigned depth = kTreeDepthMin; depth <= kTreeDepthMax; ++depth) {
    CHECK(depth_for(kKeysPerLeafMin << depth, depth, kTreeDepthMax) == depth);
    CHECK(depth_for(kKeysPerLeafMax << depth, depth, kTreeDepthMax) == depth);
  }
}

TEST_CASE("depth_for: what is chosen leaves room on both sides, so it does not flap") {
  for (std::uint64_t keys = 1; keys < (std::uint64_t{1} << 30U); keys = keys * 5 / 4 + 1) {
    CAPTURE(keys);
    const unsigned grown = depth_for(keys, kTreeDepthMin, kTreeDepthMax);
    const unsigned shrunk = depth_for(keys, kTreeDepthMax, kTreeDepthMax);
    for (const unsigned depth : {grown, shrunk}) {
      CHECK(is_tree_depth(depth));
      CHECK(depth_for(keys, depth, kTreeDepthMax) == depth);
      if (depth > kTreeDepthMin) CHECK((keys >> depth) >= kKeysPerLeafMin);
      if (depth < kTreeDepthMax) CHECK(keys <= (kKeysPerLeafMax << depth));
    }
  }
}

TEST_CASE("depth_for: the budget wins over the keys") {
  CHECK(depth_for(100'000'000, 18, 12) == 12);
  CHECK(depth_for(100'000'000, 10, 12) == 12);
}

TEST_CASE("tree_bytes: is what a tree really takes") {
  for (const unsigned depth : {10U, 13U, 16U, 18U}) {
    CHECK(MerkleTree({.partition = PartitionId{0}, .partition_bits = 4}, depth).memory_bytes() ==
          tree_bytes(depth));
  }
}

TEST_CASE("depth_within: all trees together stay within the budget, the least ones excepted") {
  for (const std::size_t trees : {std::size_t{1}, std::size_t{300}, std::size_t{1024}}) {
    for (const std::size_t bytes : {std::size_t{1} << 20U, std::size_t{64} << 20U}) {
      const unsigned depth = depth_within(bytes, trees);
      CHECK(is_tree_depth(depth));
      if (depth > kTreeDepthMin) CHECK(tree_bytes(depth) * trees <= bytes);
      if (depth < kTreeDepthMax) CHECK(tree_bytes(depth + 1) * trees > bytes);
    }
  }
}

}  // namespace
}  // namespace starling
