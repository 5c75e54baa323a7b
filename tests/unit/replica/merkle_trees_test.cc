#include "replica/merkle_trees.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "repair/tree_depth.h"
#include "replica/key_layout.h"
#include "replica/record_walk.h"
#include "replica/replica_store.h"
#include "ring/token.h"
#include "store_fixture.h"
#include "support/memory_engine.h"
#include "version/minter.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

const PartitionId kPartition{1};
constexpr MerkleTreesOptions kTrees{.partition_bits = 1, .seed = 5};
const TreeSpan kSpan{.partition = kPartition, .partition_bits = 1};

struct Key {
  explicit Key(std::uint64_t number) : address{.bucket = "b", .key = std::to_string(number)} {}
  [[nodiscard]] RecordAddress at() const {
    return {.partition = kPartition,
            .token = Token{hash64(address.key) | (std::uint64_t{1} << 63U)},
            .address = address};
  }
  KeyAddress address;
};

// A store whose partition has a tree; it can be started anew on what was completed.
struct TreeFixture {
  explicit TreeFixture(const MerkleTreesOptions& trees = kTrees) { start(trees); }

  void start(const MerkleTreesOptions& trees = kTrees) {
    engine.crash();
    store = std::make_unique<ReplicaStore>(engine, log, Minter(Incarnation{++starts}), Random(1),
                                           ReplicaStoreOptions{.trees = trees});
    store->trees().set_partitions({kPartition});
  }
  void build(std::uint32_t records_max = 1000) {
    while (store->trees().has_work()) store->work_on_trees(records_max);
  }
  void complete_all() { store->on_committed(engine.complete_all()); }
  void put(std::uint64_t key, SiblingKind kind = SiblingKind::Value) {
    PutCommand command = put_of(kind == SiblingKind::Value ? "v" : "");
    command.kind = kind;
    const auto view = store->read(Key(key).at());
    REQUIRE(view.ok());
    command.context = view->versions->clock();
    REQUIRE(store->mint(Key(key).at(), std::move(command)).ok());
  }
  [[nodiscard]] std::string store_key_of(std::uint64_t key) const {
    return record_store_key(Key(key).at());
  }

  MemoryEngine engine;
  NullLog log;
  std::uint64_t starts = 100;
  std::unique_ptr<ReplicaStore> store;
};

using Leaves = std::map<std::uint32_t, LeafSum>;

// Summed up from the records.
Leaves true_leaves(ReplicaStore& store, unsigned depth) {
  Leaves leaves;
  std::uint32_t unreadable = 0;
  const Status status = store.visit_tokens(
      kPartition, kSpan.range_of(0, 0),
      [&](const WalkedRecord& walked) {
        const Hash128 hash =
            contribution_of(walked.key.address, walked.versions, store.trees().seed());
        if (hash == Hash128{}) return true;
        LeafSum& leaf = leaves[kSpan.node_of(walked.key.token, depth)];
        leaf.sum.add(hash);
        ++leaf.keys;
        return true;
      },
      unreadable);
  REQUIRE(status.ok());
  REQUIRE(unreadable == 0);
  return leaves;
}

Leaves leaves_of(const MerkleTree& tree) {
  Leaves leaves;
  for (std::uint32_t leaf = 0; leaf < tree.leaves(); ++leaf) {
    if (!tree.leaf(leaf).empty()) leaves[leaf] = tree.leaf(leaf);
  }
  return leaves;
}

// As they stand in the store.
Leaves stored_leaves(const MemoryEngine& engine, unsigned depth) {
  Leaves leaves;
  const KeyBounds bounds = bounds_of_table(kPartition, StoreTable::LeafSums);
  for (const auto& [key, value] : engine.entries) {
    if (key < bounds.from || key >= bounds.to || key == tree_store_key(kPartition)) continue;
    const Result<StoredLeaf> leaf = decode_leaf(key, value);
    REQUIRE(leaf.ok());
    REQUIRE(leaf->depth == depth);
    leaves[leaf->leaf] = leaf->sum;
  }
  return leaves;
}

// In memory and in the store the tree is what the records say.
void check_truth(TreeFixture& fixture) {
  const MerkleTree* const tree = fixture.store->trees().find(kPartition);
  REQUIRE(tree != nullptr);
  fixture.store->trees().check_invariants();
  const Leaves truth = true_leaves(*fixture.store, tree->depth());
  CHECK(leaves_of(*tree) == truth);
  fixture.complete_all();
  CHECK(stored_leaves(fixture.engine, tree->depth()) == truth);
}

void write_at_random(TreeFixture& fixture, Random& random, int writes) {
  for (int i = 0; i < writes; ++i) {
    const std::uint64_t key = random.below(60);
    const std::uint64_t kind = random.below(3);
    if (kind == 0) {
      const Result<CommitTicket> merged = fixture.store->merge(
          Key(key).at(), foreign_value(random.below(4) + 1, random.below(9) + 1, "w"), false);
      REQUIRE(merged.ok());
    } else {
      fixture.put(key, kind == 1 ? SiblingKind::Value : SiblingKind::Tombstone);
    }
    if (random.below(8) == 0) fixture.complete_all();
  }
}

TEST_CASE("MerkleTrees: minted, merged and deleted records change the sums along with them") {
  TreeFixture fixture;
  fixture.build();
  Random random(1);
  write_at_random(fixture, random, 300);
  check_truth(fixture);
}

TEST_CASE("MerkleTrees: the sum of a leaf stands in the batch of the record that changed it") {
  TreeFixture fixture;
  fixture.build();
  fixture.complete_all();
  fixture.put(1);
  REQUIRE(fixture.engine.queue.size() == 1);
  const std::vector<StorageWrite>& batch = fixture.engine.queue.front().batch;
  REQUIRE(batch.size() == 2);
  CHECK(batch[0].key == fixture.store_key_of(1));
  CHECK(batch[1].key ==
        leaf_store_key(kPartition, kTreeDepthMin, kSpan.node_of(Key(1).at().token, kTreeDepthMin)));
}

TEST_CASE("MerkleTrees: after a crash at any commit the sums are those of what was kept") {
  TreeFixture fixture;
  Random random(2);
  for (int crash = 0; crash < 40; ++crash) {
    fixture.build(1 + static_cast<std::uint32_t>(random.below(20)));
    write_at_random(fixture, random, 10);
    if (!fixture.engine.queue.empty()) {
      const std::uint64_t first = fixture.engine.queue.front().ticket.value;
      fixture.engine.complete(CommitTicket{first + random.below(fixture.engine.queue.size())});
    }
    fixture.start();
    fixture.build();
    check_truth(fixture);
  }
}

TEST_CASE("MerkleTrees: what a store lost without a crash is out of the sums as well") {
  TreeFixture fixture;
  fixture.build();
  fixture.put(1);
  fixture.complete_all();
  fixture.put(1, SiblingKind::Tombstone);
  fixture.put(2);
  fixture.engine.crash();
  fixture.store->forget_uncommitted();
  check_truth(fixture);
  CHECK(fixture.store->trees().find(kPartition)->keys() == 1);
}

TEST_CASE("MerkleTrees: a store that has none gets them step by step, while writes go on") {
  TreeFixture fixture;
  fixture.store->trees().set_partitions({});
  Random random(3);
  write_at_random(fixture, random, 200);
  fixture.complete_all();
  fixture.store->trees().set_partitions({kPartition});
  int steps = 0;
  while (fixture.store->trees().has_work()) {
    fixture.store->work_on_trees(5);
    fixture.store->trees().check_invariants();
    write_at_random(fixture, random, 5);
    ++steps;
  }
  CHECK(steps > 3);
  check_truth(fixture);
}

TEST_CASE("MerkleTrees: of a partition that comes later what the store has is not believed") {
  TreeFixture fixture;
  fixture.build();
  fixture.put(1);
  fixture.complete_all();
  fixture.start();
  // A crash before it was another's: the tree is still there, and nobody keeps it up.
  MerkleTrees later(fixture.engine, fixture.log, {.partition_bits = kSpan.partition_bits});
  later.set_partitions({kPartition});
  CHECK(later.find(kPartition) != nullptr);
  MerkleTrees elsewhere(fixture.engine, fixture.log, {.partition_bits = kSpan.partition_bits});
  elsewhere.set_partitions({});
  elsewhere.set_partitions({kPartition});
  CHECK(elsewhere.find(kPartition) == nullptr);
}

TEST_CASE("MerkleTrees: a partition that was another's for a while is summed up anew") {
  TreeFixture fixture;
  fixture.build();
  fixture.put(1);
  fixture.store->trees().set_partitions({});
  CHECK(fixture.store->trees().find(kPartition) == nullptr);
  fixture.put(2);
  fixture.store->trees().set_partitions({kPartition});
  CHECK(fixture.store->trees().find(kPartition) == nullptr);
  fixture.build();
  check_truth(fixture);
  CHECK(fixture.store->trees().find(kPartition)->keys() == 2);
}

TEST_CASE("MerkleTrees: leaves that can not be read are made anew from the records") {
  TreeFixture fixture;
  fixture.build();
  for (std::uint64_t key = 0; key < 20; ++key) fixture.put(key);
  fixture.complete_all();
  const std::string leaf_key =
      leaf_store_key(kPartition, kTreeDepthMin, kSpan.node_of(Key(3).at().token, kTreeDepthMin));
  SUBCASE("a flipped bit") {
    fixture.engine.entries[leaf_key].back() ^= 1;
  }
  SUBCASE("a bad block") {
    fixture.engine.damaged.insert(leaf_key);
  }
  SUBCASE("the entry of the tree") {
    fixture.engine.entries[tree_store_key(kPartition)] = "?";
  }
  fixture.start();
  fixture.build();
  check_truth(fixture);
}

TEST_CASE("MerkleTrees: sums that a power loss may have outlived are made anew") {
  TreeFixture fixture;
  fixture.build();
  fixture.put(1);
  fixture.put(2);
  fixture.complete_all();
  // Unsynced, the record was lost and its leaf was not.
  fixture.engine.entries.erase(fixture.store_key_of(1));
  fixture.start();
  CHECK(fixture.store->trees().find(kPartition)->keys() == 2);
  MerkleTreesOptions distrustful = kTrees;
  distrustful.distrusts_stored = true;
  fixture.start(distrustful);
  fixture.build();
  check_truth(fixture);
  CHECK(fixture.store->trees().find(kPartition)->keys() == 1);
}

TEST_CASE("MerkleTrees: a record that was damaged and mended counts as what it is now") {
  TreeFixture fixture;
  fixture.build();
  bool passed_over = false;
  SUBCASE("behind a tree that counts it") {
    passed_over = false;
  }
  SUBCASE("behind a tree that was built past it") {
    passed_over = true;
  }
  fixture.put(1);
  fixture.put(2);
  fixture.complete_all();
  fixture.engine.entries[fixture.store_key_of(1)].back() ^= 1;
  fixture.start();
  if (passed_over) {
    MerkleTreesOptions distrustful = kTrees;
    distrustful.distrusts_stored = true;
    fixture.start(distrustful);
    fixture.build();  // passes it over
    CHECK(fixture.store->trees().find(kPartition)->keys() == 1);
  }
  const Key key(1);
  const RecordKey record{.partition = kPartition, .token = key.at().token, .address = key.address};
  REQUIRE(fixture.store->mend(record, foreign_value(9, 1, "another")).ok());
  fixture.build();
  check_truth(fixture);
}

TEST_CASE("MerkleTrees: a damaged record that the cache still has counts with its next write") {
  TreeFixture fixture;
  fixture.store->trees().set_partitions({});
  fixture.put(1);
  fixture.put(2);
  fixture.complete_all();
  fixture.engine.entries[fixture.store_key_of(1)].back() ^= 1;
  fixture.store->trees().set_partitions({kPartition});
  fixture.build();  // passes it over
  CHECK(fixture.store->trees().find(kPartition)->keys() == 1);
  REQUIRE(fixture.store->merge(Key(1).at(), foreign_value(9, 1, "another"), false).ok());
  fixture.complete_all();
  fixture.build();
  check_truth(fixture);
}

TEST_CASE("MerkleTrees: a crash before a doubtful leaf was summed up leaves no false one") {
  TreeFixture fixture;
  fixture.build();
  fixture.put(1);
  fixture.put(2);
  fixture.complete_all();
  fixture.engine.entries[fixture.store_key_of(1)].back() ^= 1;
  fixture.start();
  fixture.build();
  const Key key(1);
  const RecordKey record{.partition = kPartition, .token = key.at().token, .address = key.address};
  REQUIRE(fixture.store->mend(record, foreign_value(9, 1, "another")).ok());
  SUBCASE("with nothing behind it") {
    fixture.complete_all();
  }
  SUBCASE("and other writes went on") {
    fixture.put(2);
    fixture.complete_all();
  }
  SUBCASE("which then was") {
    fixture.build();
    fixture.complete_all();
  }
  fixture.start();
  fixture.build();
  check_truth(fixture);
}

TEST_CASE("MerkleTrees: where records can not be reached it waits, and then begins again") {
  TreeFixture fixture;
  fixture.store->trees().set_partitions({});
  for (std::uint64_t key = 0; key < 20; ++key) fixture.put(key);
  fixture.complete_all();
  fixture.engine.damaged.insert(fixture.store_key_of(7));
  fixture.start();
  fixture.build(3);
  CHECK(fixture.store->trees().find(kPartition) == nullptr);
  fixture.engine.damaged.clear();
  CHECK_FALSE(fixture.store->trees().has_work());
  fixture.store->trees().retry();
  fixture.build(3);
  check_truth(fixture);
}

TEST_CASE("MerkleTrees: a partition that outgrows its tree gets one with more leaves") {
  TreeFixture fixture;
  fixture.build();
  const std::uint64_t crowd = (kKeysPerLeafMax << kTreeDepthMin) + 1;
  for (std::uint64_t key = 0; key < crowd; ++key) {
    REQUIRE(fixture.store->merge(Key(key).at(), foreign_value(1, key + 1, ""), false).ok());
    if (key % 1000 == 0) fixture.complete_all();
  }
  REQUIRE(fixture.store->trees().has_work());
  fixture.store->work_on_trees(1000);
  // The one in force serves on.
  CHECK(fixture.store->trees().find(kPartition)->depth() == kTreeDepthMin);
  fixture.put(1, SiblingKind::Tombstone);
  fixture.build();
  CHECK(fixture.store->trees().find(kPartition)->depth() > kTreeDepthMin);
  check_truth(fixture);
  fixture.start();
  check_truth(fixture);
}

TEST_CASE("MerkleTrees: a leaf that was found wrong is corrected in memory and in the store") {
  TreeFixture fixture;
  fixture.build();
  fixture.put(1);
  fixture.complete_all();
  fixture.engine.entries.erase(fixture.store_key_of(1));
  fixture.start();
  CHECK(fixture.store->trees().find(kPartition)->keys() == 1);
  fixture.store->trees().correct(kPartition, kSpan.node_of(Key(1).at().token, kTreeDepthMin), {});
  check_truth(fixture);
}

}  // namespace
}  // namespace starling
