#pragma once

// How deep a partition's tree is: log2 of its leaves. Chosen from the number of its keys, so that
// one difference costs the listing of a few dozen keys at any size (16 to 64 a leaf), and kept
// while it fits, so that it does not flap.

#include <cstddef>
#include <cstdint>

namespace starling {

inline constexpr unsigned kTreeDepthMin = 6;
inline constexpr unsigned kTreeDepthMax = 18;
inline constexpr std::uint64_t kKeysPerLeafMin = 16;
inline constexpr std::uint64_t kKeysPerLeafMax = 64;

[[nodiscard]] constexpr bool is_tree_depth(unsigned depth) {
  return kTreeDepthMin <= depth && depth <= kTreeDepthMax;
}

// `current` while it leaves 16 to 64 keys a leaf; else the depth with about 32, which is the
// farthest from both ends. `depth_max` is what the memory budget allows (depth_within).
// REQUIRES: is_tree_depth of both.
[[nodiscard]] unsigned depth_for(std::uint64_t keys, unsigned current, unsigned depth_max);
// What a tree of this depth takes: leaves and all levels above.
[[nodiscard]] std::size_t tree_bytes(unsigned depth);
// The deepest tree of which `trees` fit into `bytes`; at least kTreeDepthMin, which is little
// enough to be always there (1.6 KB): a node has hundreds of partitions, most of them small.
[[nodiscard]] unsigned depth_within(std::size_t bytes, std::size_t trees);

}  // namespace starling
