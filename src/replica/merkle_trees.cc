#include "replica/merkle_trees.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "env/storage_engine.h"
#include "repair/merkle_build.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "repair/tree_depth.h"
#include "ring/token.h"

namespace starling {
namespace {

// A tree is read back in one turn of the loop, and 2^14 leaves take about 5 ms. A partition of more
// than a million keys has more than 64 a leaf: a difference costs longer lists there.
constexpr unsigned kDepthMax = 14;
// Partitions looked at in one step; an empty one takes some 20 µs.
constexpr std::size_t kPartitionsAtOnce = 64;
// What reading the leaves of a tree counts for, in records.
constexpr std::uint32_t kRecordsOfALoad = 256;

bool outgrown(const MerkleTree& tree, unsigned depth_max) {
  return tree.keys() > (kKeysPerLeafMax << tree.depth()) && tree.depth() < depth_max;
}

}  // namespace

StorageWrite leaf_write(const MerkleTree& tree, std::uint32_t leaf) {
  StorageWrite write{.key = leaf_store_key(tree.span().partition, tree.depth(), leaf)};
  const LeafSum sum = tree.leaf(leaf);
  if (!sum.empty()) write.value = encode_leaf(write.key, sum);
  return write;
}

MerkleTrees::MerkleTrees(StorageEngine& engine, Log& log, const MerkleTreesOptions& options)
    : engine_(engine), log_(log), options_(options) {}

TreeSpan MerkleTrees::span_of(PartitionId partition) const {
  return {.partition = partition, .partition_bits = options_.partition_bits};
}

unsigned MerkleTrees::depth_max() const {
  return std::min(kDepthMax,
                  depth_within(options_.bytes_max, std::max<std::size_t>(slots_.size(), 1)));
}

void MerkleTrees::set_partitions(const std::vector<PartitionId>& partitions) {
  const std::set<PartitionId> wanted(partitions.begin(), partitions.end());
  std::vector<StorageWrite> batch;
  for (auto slot = slots_.begin(); slot != slots_.end();) {
    const PartitionId partition = slot->first;
    ++slot;
    if (wanted.contains(partition)) continue;
    // From here on nobody tells it what is written: it must not be taken for sound again.
    batch.push_back({.key = tree_store_key(partition), .value = std::nullopt});
    slots_.erase(partition);
    waiting_.erase(partition);
    dropped_.insert(partition);
  }
  if (!batch.empty()) engine_.commit(std::move(batch), options_.demand);
  for (const PartitionId partition : wanted) {
    if (!slots_.try_emplace(partition).second) continue;
    waiting_.insert(partition);
    if (knows_partitions_) dropped_.insert(partition);
  }
  knows_partitions_ = true;
  const auto is_gone = [&](const auto& place) { return !covers(place.first); };
  std::erase_if(doubtful_, is_gone);
  std::erase_if(deferred_, is_gone);
}

const MerkleTree* MerkleTrees::find(PartitionId partition) {
  const auto found = slots_.find(partition);
  if (found == slots_.end()) return nullptr;
  load(partition, found->second);
  const std::optional<MerkleTree>& tree = found->second.tree;
  return tree.has_value() ? &*tree : nullptr;
}

void MerkleTrees::on_write(PartitionId partition, Token token, const Hash128& before,
                           const Hash128& after, std::vector<StorageWrite>& batch) {
  const auto found = slots_.find(partition);
  if (found == slots_.end()) return;
  Slot& slot = found->second;
  load(partition, slot);
  if (slot.tree.has_value()) {
    // Also where nothing changed: a record that is written once more, to be synced, takes its leaf
    // along.
    batch.push_back(leaf_write(*slot.tree, slot.tree->replace(token, before, after)));
    if (is_doubted(partition))
      batch.push_back({.key = tree_store_key(partition), .value = std::nullopt});
  }
  if (slot.build.has_value()) {
    const std::optional<std::uint32_t> leaf = slot.build->on_write(token, before, after);
    if (leaf.has_value()) batch.push_back(leaf_write(slot.build->tree(), *leaf));
    return;
  }
  if (!slot.tree.has_value() || !outgrown(*slot.tree, depth_max())) return;
  slot.build.emplace(span_of(partition),
                     depth_for(slot.tree->keys(), slot.tree->depth(), depth_max()));
  waiting_.insert(partition);
}

void MerkleTrees::doubt(PartitionId partition, Token token) {
  if (covers(partition)) doubtful_.insert({partition, token});
}

bool MerkleTrees::is_doubted(PartitionId partition) const {
  const auto holds = [&](const std::set<std::pair<PartitionId, Token>>& places) {
    const auto place = places.lower_bound({partition, Token{}});
    return place != places.end() && place->first == partition;
  };
  return holds(doubtful_) || holds(deferred_);
}

StorageWrite MerkleTrees::belief_in(PartitionId partition, const MerkleTree& tree) {
  StorageWrite write{.key = tree_store_key(partition)};
  write.value = encode_tree_depth(write.key, tree.depth());
  return write;
}

// -- reading back --

void MerkleTrees::load(PartitionId partition, Slot& slot) {
  if (slot.state != State::Unread) return;
  const Status restored = restore(partition, slot);
  // A closed store says nothing of what is in it.
  if (restored.code() == StatusCode::DiskFull) return;
  if (restored.ok()) {
    slot.state = State::Sound;
    waiting_.erase(partition);
    return;
  }
  if (restored.code() == StatusCode::Corruption) {
    log_.write(LogLevel::Trace, "mark: merkle: a tree could not be read back");
    log_.warning("the Merkle tree of partition " + std::to_string(partition.value) +
                 " can not be read and is made anew from the records: " + restored.message());
  }
  slot.tree.reset();
  slot.build.emplace(span_of(partition), kTreeDepthMin);
  slot.state = State::Building;
  waiting_.insert(partition);
  if (restored.code() == StatusCode::NotFound) return;
  // The entry that may still be there would pass for that of the tree that is begun here.
  engine_.commit({{.key = tree_store_key(partition), .value = std::nullopt}}, options_.demand);
}

// NotFound: there is none. Failure: what is there may be wrong.
Status MerkleTrees::restore(PartitionId partition, Slot& slot) {
  if (options_.distrusts_stored || dropped_.contains(partition)) {
    return {StatusCode::Failure, "what is stored is not trusted"};
  }
  const std::string tree_key = tree_store_key(partition);
  STARLING_ASSIGN_OR_RETURN(got, const std::optional<std::string> entry, engine_.get(tree_key));
  if (!entry.has_value()) return {StatusCode::NotFound, "no tree yet"};
  STARLING_ASSIGN_OR_RETURN(decoded, const unsigned depth, decode_tree_depth(tree_key, *entry));
  slot.tree.emplace(span_of(partition), depth);
  Status status;
  STARLING_RETURN_IF_ERROR(engine_.scan(leaf_store_key(partition, depth, 0),
                                        leaf_store_key(partition, depth, (1U << depth) - 1) + '\0',
                                        [&](std::string_view key, std::string_view value) {
                                          const Result<StoredLeaf> leaf = decode_leaf(key, value);
                                          if (!leaf.ok()) {
                                            status = leaf.status();
                                            return false;
                                          }
                                          slot.tree->restore_leaf(leaf->leaf, leaf->sum);
                                          return true;
                                        }));
  return status;
}

// -- building --

void MerkleTrees::work(const RecordReader& read, std::uint32_t records_max) {
  STARLING_CHECK(records_max > 0);
  std::vector<StorageWrite> batch;
  std::uint32_t records = 0;
  for (std::size_t i = 0; i < kPartitionsAtOnce && records < records_max; ++i) {
    if (!doubtful_.empty()) {
      const auto [partition, token] = *doubtful_.begin();
      doubtful_.erase(doubtful_.begin());
      settle_doubt(partition, token, read, batch);
      ++records;
    } else if (waiting_.empty()) {
      break;
    } else {
      const PartitionId partition = *waiting_.begin();
      Slot& slot = slots_.at(partition);
      if (slot.state == State::Unread) {
        load(partition, slot);
        records += kRecordsOfALoad;
        if (slot.state == State::Unread) break;  // the store is closed
      }
      if (slot.build.has_value()) records += build(partition, slot, read, records_max, batch);
    }
  }
  if (!batch.empty()) engine_.commit(std::move(batch), options_.demand);
}

std::uint32_t MerkleTrees::build(PartitionId partition, Slot& slot, const RecordReader& read,
                                 std::uint32_t records_max, std::vector<StorageWrite>& batch) {
  STARLING_CHECK(slot.build.has_value());
  MerkleBuild& build = *slot.build;
  const TreeSpan span = span_of(partition);
  const unsigned depth = build.tree().depth();
  const std::optional<TokenRange> rest = build.next_range(1U << depth);
  STARLING_CHECK(rest.has_value());
  TokenRange range = *rest;
  const std::uint32_t first = span.node_of(range.first, depth);
  std::uint32_t last = span.node_of(range.last, depth);
  std::uint32_t at_hand = first;
  std::uint32_t visited = 0;
  const Status status = read(partition, range, [&](Token token, const Hash128& contribution) {
    const std::uint32_t leaf = span.node_of(token, depth);
    // Between two leaves, for each must be read in one turn.
    if (visited >= records_max && leaf != at_hand) {
      last = leaf - 1;
      return false;
    }
    at_hand = leaf;
    build.add_record(token, contribution);
    ++visited;
    return true;
  });
  if (!status.ok()) {
    slot.build.reset();
    if (!slot.tree.has_value()) slot.state = State::Blocked;
    waiting_.erase(partition);
    log_.write(LogLevel::Trace, "mark: merkle: a tree could not be built");
    return visited;
  }
  range.last = span.range_of(last, depth).last;
  build.finish_range(range);
  write_range(slot, first, last, batch);
  if (build.finished()) install(partition, slot, batch);
  return visited;
}

// From its first range on.
void MerkleTrees::begin_again(PartitionId partition, Slot& slot, unsigned depth) {
  slot.build.emplace(span_of(partition), depth);
  slot.begun_before = true;
  waiting_.insert(partition);
}

// The leaves as they are, and nothing where an earlier build left something else.
void MerkleTrees::write_range(const Slot& slot, std::uint32_t first, std::uint32_t last,
                              std::vector<StorageWrite>& batch) {
  STARLING_CHECK(slot.build.has_value());
  const MerkleTree& tree = slot.build->tree();
  const PartitionId partition = tree.span().partition;
  std::set<std::string, std::less<>> stale;
  const Status scanned = engine_.scan(leaf_store_key(partition, tree.depth(), first),
                                      leaf_store_key(partition, tree.depth(), last) + '\0',
                                      [&](std::string_view key, std::string_view /*value*/) {
                                        stale.emplace(key);
                                        return true;
                                      });
  for (std::uint32_t leaf = first; leaf <= last; ++leaf) {
    StorageWrite write = leaf_write(tree, leaf);
    // Where nobody knows what is there, all that should not be is erased.
    const bool may_be_stale = slot.begun_before || !scanned.ok() || stale.contains(write.key);
    if (write.value.has_value() || may_be_stale) batch.push_back(std::move(write));
  }
}

void MerkleTrees::install(PartitionId partition, Slot& slot, std::vector<StorageWrite>& batch) {
  if (slot.tree.has_value()) erase_leaves(partition, slot.tree->depth(), batch);
  STARLING_CHECK(slot.build.has_value());
  slot.tree = std::move(*slot.build).take();
  slot.build.reset();
  slot.begun_before = false;
  slot.state = State::Sound;
  waiting_.erase(partition);
  if (!is_doubted(partition)) batch.push_back(belief_in(partition, *slot.tree));
  if (!outgrown(*slot.tree, depth_max())) return;
  slot.build.emplace(span_of(partition),
                     depth_for(slot.tree->keys(), slot.tree->depth(), depth_max()));
  waiting_.insert(partition);
}

// What is left behind, because it can not be read, is erased when a tree of this depth is built.
void MerkleTrees::erase_leaves(PartitionId partition, unsigned depth,
                               std::vector<StorageWrite>& batch) {
  const Status scanned = engine_.scan(leaf_store_key(partition, depth, 0),
                                      leaf_store_key(partition, depth, (1U << depth) - 1) + '\0',
                                      [&](std::string_view key, std::string_view /*value*/) {
                                        batch.push_back({std::string(key), std::nullopt});
                                        return true;
                                      });
  if (!scanned.ok()) log_.debug("leaves of an old tree stay: " + scanned.message());
}

// -- putting right --

void MerkleTrees::settle_doubt(PartitionId partition, Token token, const RecordReader& read,
                               std::vector<StorageWrite>& batch) {
  Slot& slot = slots_.at(partition);
  load(partition, slot);
  // A build may have read past the record while it was damaged, or have its old hash.
  if (slot.build.has_value()) begin_again(partition, slot, slot.build->tree().depth());
  if (!slot.tree.has_value()) return;
  const unsigned depth = slot.tree->depth();
  const std::uint32_t leaf = span_of(partition).node_of(token, depth);
  LeafSum sum;
  const Status status = read(partition, span_of(partition).range_of(leaf, depth),
                             [&](Token /*token*/, const Hash128& contribution) {
                               sum.sum.add(contribution);
                               if (contribution != Hash128{}) ++sum.keys;
                               return true;
                             });
  if (!status.ok()) {
    deferred_.insert({partition, token});
    return;
  }
  slot.tree->correct_leaf(leaf, sum);
  batch.push_back(leaf_write(*slot.tree, leaf));
  if (!is_doubted(partition)) batch.push_back(belief_in(partition, *slot.tree));
}

void MerkleTrees::correct(PartitionId partition, std::uint32_t leaf, const LeafSum& sum) {
  const auto found = slots_.find(partition);
  if (found == slots_.end()) return;
  std::optional<MerkleTree>& tree = found->second.tree;
  if (!tree.has_value()) return;
  tree->correct_leaf(leaf, sum);
  engine_.commit({leaf_write(*tree, leaf)}, options_.demand);
}

void MerkleTrees::retry() {
  doubtful_.merge(deferred_);
  for (auto& [partition, slot] : slots_) {
    if (slot.state != State::Blocked) continue;
    begin_again(partition, slot, kTreeDepthMin);
    slot.state = State::Building;
  }
}

void MerkleTrees::forget() {
  for (auto& [partition, slot] : slots_) {
    slot = {};
    waiting_.insert(partition);
  }
}

void MerkleTrees::check_invariants() const {
  for (const auto& [partition, slot] : slots_) {
    STARLING_CHECK((slot.state == State::Sound) == slot.tree.has_value());
    STARLING_CHECK(slot.state != State::Building || slot.build.has_value());
    STARLING_CHECK(waiting_.contains(partition) ==
                   (slot.state == State::Unread || slot.build.has_value()));
    if (slot.tree.has_value()) slot.tree->check_invariants();
  }
}

}  // namespace starling
