#include "sim/leaf_truth.h"

#include <bit>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "repair/merkle_leaf.h"
#include "repair/tree_depth.h"
#include "replica/key_layout.h"
#include "replica/record_codec.h"
#include "ring/cluster_config.h"
#include "ring/ring.h"
#include "sim/sim_cluster.h"
#include "sim/sim_disk.h"
#include "version/sibling_set.h"

namespace starling::sim {
namespace {

// One record in one partition, with its leaf and its tree's entry.
struct Fixture {
  Fixture() {
    Sibling sibling;
    sibling.dot = {.actor = {.incarnation = Incarnation{1}, .lineage = 1}, .counter = 1};
    sibling.value = "v";
    sibling.value_hash = hash_of_value(SiblingKind::Value, "", sibling.value);
    VectorClock clock;
    clock.add(sibling.dot);
    const KeyAddress address{.bucket = "b", .key = "k"};
    const Token token = ring->token_of(address.bucket, address.key);
    const PartitionId partition = ring->partition_of(token);
    StoredRecord stored;
    stored.record.versions = SiblingSet(clock, {sibling});
    record_key = record_store_key({.partition = partition, .token = token, .address = address});
    image[record_key] = encode_record(record_key, stored);
    const TreeSpan span{
        .partition = partition,
        .partition_bits = static_cast<unsigned>(std::countr_zero(ring->partitions()))};
    leaf_key = leaf_store_key(partition, kTreeDepthMin, span.node_of(token, kTreeDepthMin));
    image[leaf_key] = encode_leaf(
        leaf_key,
        {.sum = contribution_of(address, stored.record.versions, ring->token_seed()), .keys = 1});
    tree_key = tree_store_key(partition);
    image[tree_key] = encode_tree_depth(tree_key, kTreeDepthMin);
  }

  std::shared_ptr<const Ring> ring = first_ring(config_of({}));
  SimDisk::Image image;
  std::string record_key;
  std::string leaf_key;
  std::string tree_key;
};

TEST_CASE("LeafTruth: a leaf that is the sum of its records is true") {
  const Fixture fixture;
  CHECK(untrue_leaves(fixture.image, *fixture.ring).empty());
  CHECK(untrue_leaves({}, *fixture.ring).empty());
}

TEST_CASE("LeafTruth: a leaf without its record, and a record without its leaf, are not") {
  Fixture fixture;
  SUBCASE("the leaf is missing") {
    fixture.image.erase(fixture.leaf_key);
  }
  SUBCASE("the record is missing") {
    fixture.image.erase(fixture.record_key);
  }
  CHECK(untrue_leaves(fixture.image, *fixture.ring).size() == 1);
}

TEST_CASE("LeafTruth: a tree that is not finished is not judged, nor what nobody can read") {
  Fixture fixture;
  fixture.image[fixture.leaf_key] = encode_leaf(fixture.leaf_key, {.sum = {}, .keys = 2});
  SUBCASE("no tree") {
    fixture.image.erase(fixture.tree_key);
  }
  SUBCASE("a damaged record") {
    fixture.image[fixture.record_key].back() ^= 1;
  }
  SUBCASE("a damaged leaf") {
    fixture.image[fixture.leaf_key].back() ^= 1;
  }
  CHECK(untrue_leaves(fixture.image, *fixture.ring).empty());
}

}  // namespace
}  // namespace starling::sim
