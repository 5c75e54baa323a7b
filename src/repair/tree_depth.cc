#include "repair/tree_depth.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/hash.h"

namespace starling {
namespace {

// Half of the most, twice the least.
constexpr std::uint64_t kKeysPerLeafWanted = 32;
// A sum and a count.
constexpr std::size_t kLeafBytes = sizeof(Hash128) + sizeof(std::uint32_t);
constexpr unsigned kDepthStepBits = 4;

}  // namespace

unsigned depth_for(std::uint64_t keys, unsigned current, unsigned depth_max) {
  STARLING_CHECK(is_tree_depth(current));
  STARLING_CHECK(is_tree_depth(depth_max));
  const std::uint64_t per_leaf = keys >> current;
  const bool crowded = keys > (kKeysPerLeafMax << current);
  const bool sparse = per_leaf < kKeysPerLeafMin;
  unsigned wanted = current;
  if (crowded || sparse) {
    wanted = kTreeDepthMin;
    while (wanted < kTreeDepthMax && keys > (kKeysPerLeafWanted << wanted)) ++wanted;
  }
  return std::min(wanted, depth_max);
}

std::size_t tree_bytes(unsigned depth) {
  std::size_t bytes = kLeafBytes << depth;
  for (unsigned level = 0; level < depth; level += kDepthStepBits) {
    bytes += sizeof(Hash128) << level;
  }
  return bytes;
}

unsigned depth_within(std::size_t bytes, std::size_t trees) {
  unsigned depth = kTreeDepthMin;
  while (depth < kTreeDepthMax && tree_bytes(depth + 1) * trees <= bytes) ++depth;
  return depth;
}

}  // namespace starling
