#include "sim/leaf_truth.h"

#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "starling/result.h"

#include "base/hash.h"
#include "base/ids.h"
#include "repair/merkle_leaf.h"
#include "replica/key_layout.h"
#include "replica/record_codec.h"
#include "ring/ring.h"
#include "sim/sim_disk.h"
#include "version/sibling_codec.h"

namespace starling::sim {
namespace {

using Leaves = std::map<std::uint32_t, LeafSum>;

// Each visits the entries of one table; whether all could be read.
template <typename Visit>
bool visit_table(const SimDisk::Image& image, PartitionId partition, StoreTable table,
                 const Visit& visit) {
  const KeyBounds bounds = bounds_of_table(partition, table);
  for (auto entry = image.lower_bound(bounds.from);
       entry != image.end() && entry->first < bounds.to; ++entry) {
    if (!visit(entry->first, entry->second)) return false;
  }
  return true;
}

bool sum_records(const SimDisk::Image& image, const TreeSpan& span, unsigned depth,
                 std::uint64_t seed, Leaves& leaves) {
  return visit_table(
      image, span.partition, StoreTable::Records,
      [&](const std::string& key, const std::string& bytes) {
        const Result<StoredRecord> stored = decode_record(key, bytes, ValueUse::Leave);
        const Result<RecordKey> place = parse_record_store_key(key);
        if (!stored.ok() || !place.ok()) return false;
        const Hash128 hash = contribution_of(place->address, stored->record.versions, seed);
        if (hash == Hash128{}) return true;
        LeafSum& leaf = leaves[span.node_of(place->token, depth)];
        leaf.sum.add(hash);
        ++leaf.keys;
        return true;
      });
}

bool read_leaves(const SimDisk::Image& image, const TreeSpan& span, unsigned depth,
                 Leaves& leaves) {
  return visit_table(image, span.partition, StoreTable::LeafSums,
                     [&](const std::string& key, const std::string& bytes) {
                       if (key == tree_store_key(span.partition)) return true;
                       const Result<StoredLeaf> leaf = decode_leaf(key, bytes);
                       if (!leaf.ok()) return false;
                       if (leaf->depth == depth) leaves[leaf->leaf] = leaf->sum;
                       return true;
                     });
}

}  // namespace

std::vector<std::string> untrue_leaves(const SimDisk::Image& image, const Ring& ring) {
  std::vector<std::string> wrong;
  const auto bits = static_cast<unsigned>(std::countr_zero(ring.partitions()));
  for (std::uint32_t p = 0; p < ring.partitions(); ++p) {
    const TreeSpan span{.partition = PartitionId{static_cast<std::uint16_t>(p)},
                        .partition_bits = bits};
    const std::string key = tree_store_key(span.partition);
    const auto entry = image.find(key);
    if (entry == image.end()) continue;
    const Result<unsigned> depth = decode_tree_depth(key, entry->second);
    Leaves told;
    Leaves true_sums;
    if (!depth.ok() || !read_leaves(image, span, *depth, told) ||
        !sum_records(image, span, *depth, ring.token_seed(), true_sums)) {
      continue;
    }
    if (told == true_sums) continue;
    wrong.push_back("the leaves of partition " + std::to_string(p) + " say " +
                    std::to_string(told.size()) + ", its records " +
                    std::to_string(true_sums.size()) + " sums, and they differ");
  }
  return wrong;
}

}  // namespace starling::sim
