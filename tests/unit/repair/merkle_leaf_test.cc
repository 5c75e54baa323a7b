#include "repair/merkle_leaf.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "message/client_messages.h"
#include "ring/partition.h"
#include "ring/token.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

const KeyAddress kAddress{.bucket = "b", .key = "k"};

SiblingSet record_with(SiblingKind kind, std::uint64_t counter = 1) {
  const Dot dot{.actor = {.incarnation = Incarnation{7}, .lineage = 1}, .counter = counter};
  SiblingSet record;
  record.add({.dot = dot, .kind = kind, .value_hash = 5});
  return record;
}

TEST_CASE("TreeSpan: ranges of nodes tile the partition in order") {
  const TreeSpan span{.partition = PartitionId{3}, .partition_bits = 2};
  CHECK(span.range_of(0, 10).first == Token{0xC000'0000'0000'0000});
  CHECK(span.range_of(1023, 10).last == Token{std::numeric_limits<std::uint64_t>::max()});
  for (std::uint32_t leaf = 0; leaf + 1 < 1024; ++leaf) {
    CHECK(span.range_of(leaf, 10).last.value + 1 == span.range_of(leaf + 1, 10).first.value);
  }
}

TEST_CASE("TreeSpan: both ends of a node's range are of that node and of its partition") {
  for (const unsigned bits : {0U, 1U, 10U, 15U}) {
    const auto partition = static_cast<std::uint16_t>((1U << bits) - 1);
    const TreeSpan span{.partition = PartitionId{partition}, .partition_bits = bits};
    for (const std::uint32_t node : {0U, 1U, 777U, 1023U}) {
      const TokenRange range = span.range_of(node, 10);
      CHECK(span.node_of(range.first, 10) == node);
      CHECK(span.node_of(range.last, 10) == node);
      CHECK(partition_of(range.first, 1U << bits) == span.partition);
      CHECK(partition_of(range.last, 1U << bits) == span.partition);
    }
  }
}

TEST_CASE("TreeSpan: the root's range is the partition, the whole ring where there is one") {
  const TreeSpan whole{.partition = PartitionId{0}, .partition_bits = 0};
  CHECK(whole.range_of(0, 0).contains(Token{0}));
  CHECK(whole.range_of(0, 0).contains(Token{std::numeric_limits<std::uint64_t>::max()}));
  CHECK(whole.node_of(Token{12345}, 0) == 0);
}

TEST_CASE("contribution_of: a tombstone adds nothing, like an absent record") {
  CHECK(contribution_of(kAddress, SiblingSet(), 1) == Hash128{});
  CHECK(contribution_of(kAddress, record_with(SiblingKind::Tombstone), 1) == Hash128{});
}

TEST_CASE("contribution_of: bucket, key, version and seed all matter, the clock does not") {
  const SiblingSet record = record_with(SiblingKind::Value);
  const Hash128 hash = contribution_of(kAddress, record, 1);
  CHECK(hash != Hash128{});
  CHECK(hash != contribution_of({.bucket = "c", .key = "k"}, record, 1));
  CHECK(hash != contribution_of({.bucket = "b", .key = "l"}, record, 1));
  CHECK(hash != contribution_of(kAddress, record_with(SiblingKind::Value, 2), 1));
  CHECK(hash != contribution_of(kAddress, record, 2));
  SiblingSet wiser = record;
  VectorClock more;
  more.add({.actor = {.incarnation = Incarnation{9}, .lineage = 1}, .counter = 1});
  wiser.discard(more);
  CHECK(hash == contribution_of(kAddress, wiser, 1));
}

TEST_CASE("difference_of: takes out exactly what was added, over any carry") {
  constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  for (const Hash128& start : {Hash128{}, Hash128{.high = kAll, .low = kAll}, Hash128{1, 2}}) {
    for (const Hash128& other : {Hash128{0, 1}, Hash128{.high = kAll, .low = kAll}}) {
      Hash128 sum = start;
      sum.add(other);
      CHECK(difference_of(sum, other) == start);
    }
  }
}

TEST_CASE("MerkleLeaf: the bytes are these and no others") {
  const std::string key = leaf_store_key(PartitionId{0x0102}, 12, 0xABC);
  CHECK(to_hex(key) ==
        "0102"
        "02"
        "0c"
        "00000abc");
  const std::string bytes = encode_leaf(key, {.sum = {.high = 0x11, .low = 0x22}, .keys = 300});
  CHECK(to_hex(bytes.substr(0, bytes.size() - 8)) ==
        "01"
        "ac02"
        "1100000000000000"
        "2200000000000000");
  CHECK(ByteReader(bytes.substr(bytes.size() - 8)).u64() ==
        hash64(bytes.substr(0, bytes.size() - 8), hash64(key)));
  const std::string tree_key = tree_store_key(PartitionId{0x0102});
  CHECK(to_hex(tree_key) ==
        "0102"
        "02"
        "00");
  CHECK(to_hex(encode_tree_depth(tree_key, 14).substr(0, 2)) == "010e");
}

TEST_CASE("MerkleLeaf: a leaf comes back, under its own key only") {
  const std::string key = leaf_store_key(PartitionId{7}, 18, (1U << 18U) - 1);
  const LeafSum sum{.sum = {.high = 1, .low = 2}, .keys = 3};
  const std::string bytes = encode_leaf(key, sum);
  const Result<StoredLeaf> stored = decode_leaf(key, bytes);
  REQUIRE(stored.ok());
  CHECK(stored->depth == 18);
  CHECK(stored->leaf == (1U << 18U) - 1);
  CHECK(stored->sum == sum);
  const Result<StoredLeaf> other = decode_leaf(leaf_store_key(PartitionId{7}, 18, 5), bytes);
  REQUIRE_FALSE(other.ok());
  CHECK(other.status().code() == StatusCode::Corruption);
}

TEST_CASE("MerkleLeaf: every cut and every changed byte is noticed") {
  const std::string key = leaf_store_key(PartitionId{7}, 10, 9);
  const std::string good = encode_leaf(key, {.sum = {.high = 1, .low = 2}, .keys = 3});
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(decode_leaf(key, good.substr(0, size)).ok());
    std::string bytes = good;
    bytes[size] = static_cast<char>(bytes[size] + 1);
    CHECK_FALSE(decode_leaf(key, bytes).ok());
    CHECK_FALSE(decode_leaf(key.substr(0, size < key.size() ? size : 0), good).ok());
  }
  CHECK_FALSE(decode_leaf(tree_store_key(PartitionId{7}), good).ok());
}

TEST_CASE("MerkleLeaf: a depth that no tree has is refused") {
  const std::string key = tree_store_key(PartitionId{7});
  const std::string good = encode_tree_depth(key, 10);
  REQUIRE(decode_tree_depth(key, good).ok());
  CHECK(*decode_tree_depth(key, good) == 10);
  for (const char depth : {'\x09', '\x13', '\0'}) {
    std::string bytes = good;
    bytes[1] = depth;
    CHECK_FALSE(decode_tree_depth(key, bytes).ok());
  }
}

}  // namespace
}  // namespace starling
