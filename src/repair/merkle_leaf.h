#pragma once

// MerkleLeaf: what one leaf of a partition's tree is: a range of tokens, the sum of the hashes of
// the live records in it and their number. Sums are updated without reading the neighbours, and
// leaves of a coarser tree are sums of leaves of a finer one. The sums are kept in the store, in
// the batch of the record that changed, so they say after a crash what should be there. Source:
// Dynamo, section 4.7; sums instead of hashes of hashes as in Bellare and Micciancio's AdHash.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "starling/result.h"

#include "base/hash.h"
#include "base/ids.h"
#include "message/client_messages.h"
#include "ring/token.h"
#include "version/sibling_set.h"

namespace starling {

// All tokens from first to last, both included.
struct TokenRange {
  Token first;
  Token last;
  [[nodiscard]] bool contains(Token token) const { return first <= token && token <= last; }
  friend bool operator==(const TokenRange&, const TokenRange&) = default;
};

// The part of the ring that one tree covers. A node of the tree at depth b is named by the b bits
// of a token behind those of the partition.
struct TreeSpan {
  PartitionId partition;
  unsigned partition_bits = 0;  // log2 of the number of partitions

  // REQUIRES for both: partition_bits + depth <= 63; `token` is of this partition, index < 2^depth.
  [[nodiscard]] std::uint32_t node_of(Token token, unsigned depth) const;
  [[nodiscard]] TokenRange range_of(std::uint32_t node, unsigned depth) const;
  friend bool operator==(const TreeSpan&, const TreeSpan&) = default;
};

struct LeafSum {
  Hash128 sum;
  std::uint32_t keys = 0;  // with a live value
  [[nodiscard]] bool empty() const { return keys == 0; }
  friend bool operator==(const LeafSum&, const LeafSum&) = default;
};

// What a record adds to its leaf: nothing (zero) without a live value, so that a tombstone and an
// absent record are no difference. `seed` is the cluster's secret: nobody outside can choose values
// whose hashes cancel each other.
[[nodiscard]] Hash128 contribution_of(const KeyAddress& address, const SiblingSet& versions,
                                      std::uint64_t seed);
[[nodiscard]] Hash128 difference_of(const Hash128& from, const Hash128& subtracted);

// Table 2 of the store. Depth and leaf stand in the key, so a tree of another size is built beside
// the one in force. An empty leaf has no entry.
[[nodiscard]] std::string leaf_store_key(PartitionId partition, unsigned depth, std::uint32_t leaf);
[[nodiscard]] std::string encode_leaf(std::string_view store_key, const LeafSum& leaf);
struct StoredLeaf {
  unsigned depth = 0;
  std::uint32_t leaf = 0;
  LeafSum sum;
};
// Corruption: not what encode_leaf writes under this key.
[[nodiscard]] Result<StoredLeaf> decode_leaf(std::string_view store_key, std::string_view bytes);

// The entry that says which depth is in force; without it there is no tree yet, and the partition's
// records must be read once. It is written with the last leaf of a new tree, in one batch.
[[nodiscard]] std::string tree_store_key(PartitionId partition);
[[nodiscard]] std::string encode_tree_depth(std::string_view store_key, unsigned depth);
// Corruption: likewise, or a depth that no tree has.
[[nodiscard]] Result<unsigned> decode_tree_depth(std::string_view store_key,
                                                 std::string_view bytes);

}  // namespace starling
