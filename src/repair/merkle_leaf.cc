#include "repair/merkle_leaf.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/seal.h"
#include "message/client_messages.h"
#include "repair/tree_depth.h"
#include "ring/token.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

// The number of the table in every store key: StoreTable::LeafSums of replica/key_layout.h.
constexpr std::uint8_t kLeafTable = 2;
// Where a leaf's depth stands, in the entry of the tree itself.
constexpr std::uint8_t kTreeEntry = 0;
constexpr std::uint8_t kLeafFormat = 1;
constexpr unsigned kTokenBits = 64;

constexpr std::size_t kHashBytes = 16;
// Of the lengths of a bucket and of a key.
constexpr std::size_t kLengthBytesMax = 6;
// Format, count, sum, checksum.
constexpr std::size_t kLeafBytesMax = 1 + 5 + kHashBytes + 8;

Status corrupt_leaf(std::string_view what) {
  return {StatusCode::Corruption, "a Merkle entry is damaged: " + std::string(what)};
}

void write_place(ByteWriter& writer, PartitionId partition, std::uint8_t depth) {
  writer.u16_big_endian(partition.value);
  writer.u8(kLeafTable);
  writer.u8(depth);
}

}  // namespace

std::uint32_t TreeSpan::node_of(Token token, unsigned depth) const {
  if (depth == 0) return 0;
  const std::uint64_t behind_partition = token.value << partition_bits;
  return static_cast<std::uint32_t>(behind_partition >> (kTokenBits - depth));
}

TokenRange TreeSpan::range_of(std::uint32_t node, unsigned depth) const {
  const unsigned bits = partition_bits + depth;
  if (bits == 0)
    return {.first = Token{0}, .last = Token{std::numeric_limits<std::uint64_t>::max()}};
  const std::uint64_t prefix = (std::uint64_t{partition.value} << depth) | node;
  const std::uint64_t first = prefix << (kTokenBits - bits);
  const std::uint64_t rest = std::numeric_limits<std::uint64_t>::max() >> bits;
  return {.first = Token{first}, .last = Token{first | rest}};
}

Hash128 contribution_of(const KeyAddress& address, const SiblingSet& versions, std::uint64_t seed) {
  if (versions.live_values() == 0) return {};
  const Hash128 digest = visible_digest(address.key, versions);
  ByteWriter writer(kLengthBytesMax + address.bucket.size() + address.key.size() + kHashBytes);
  writer.sized(address.bucket);
  writer.sized(address.key);
  writer.u64(digest.high);
  writer.u64(digest.low);
  return hash128(writer.bytes(), seed);
}

Hash128 difference_of(const Hash128& from, const Hash128& subtracted) {
  const std::uint64_t borrow = from.low < subtracted.low ? 1 : 0;
  return {.high = from.high - subtracted.high - borrow, .low = from.low - subtracted.low};
}

std::string leaf_store_key(PartitionId partition, unsigned depth, std::uint32_t leaf) {
  STARLING_CHECK(depth >= kTreeDepthMin);
  STARLING_CHECK(depth <= kTreeDepthMax);
  ByteWriter writer;
  write_place(writer, partition, static_cast<std::uint8_t>(depth));
  // Big-endian in four bytes, so that the leaves stand in the order of their tokens.
  writer.u16_big_endian(static_cast<std::uint16_t>(leaf >> 16U));
  writer.u16_big_endian(static_cast<std::uint16_t>(leaf & 0xFFFFU));
  return std::move(writer).bytes();
}

std::string encode_leaf(std::string_view store_key, const LeafSum& leaf) {
  ByteWriter writer(kLeafBytesMax);
  writer.u8(kLeafFormat);
  writer.varint(leaf.keys);
  writer.u64(leaf.sum.high);
  writer.u64(leaf.sum.low);
  return sealed(store_key, std::move(writer));
}

Result<StoredLeaf> decode_leaf(std::string_view store_key, std::string_view bytes) {
  StoredLeaf stored;
  ByteReader place(store_key);
  static_cast<void>(place.u16_big_endian());
  const std::uint8_t table = place.u8();
  stored.depth = place.u8();
  stored.leaf = static_cast<std::uint32_t>(place.u16_big_endian()) << 16U;
  stored.leaf |= place.u16_big_endian();
  const bool placed = place.finished() && table == kLeafTable && is_tree_depth(stored.depth);
  if (!placed || stored.leaf >= (1U << stored.depth)) return corrupt_leaf("not the key of a leaf");
  const std::optional<std::string_view> payload = unsealed(store_key, bytes);
  if (!payload.has_value()) return corrupt_leaf("checksum");
  ByteReader reader(*payload);
  if (reader.u8() != kLeafFormat) return corrupt_leaf("unknown format version");
  const std::uint64_t keys = reader.varint();
  stored.sum.sum.high = reader.u64();
  stored.sum.sum.low = reader.u64();
  if (!reader.finished()) return corrupt_leaf("wrong length");
  if (keys == 0 || keys > std::numeric_limits<std::uint32_t>::max()) return corrupt_leaf("count");
  stored.sum.keys = static_cast<std::uint32_t>(keys);
  return stored;
}

std::string tree_store_key(PartitionId partition) {
  ByteWriter writer;
  write_place(writer, partition, kTreeEntry);
  return std::move(writer).bytes();
}

std::string encode_tree_depth(std::string_view store_key, unsigned depth) {
  STARLING_CHECK(is_tree_depth(depth));
  ByteWriter writer;
  writer.u8(kLeafFormat);
  writer.u8(static_cast<std::uint8_t>(depth));
  return sealed(store_key, std::move(writer));
}

Result<unsigned> decode_tree_depth(std::string_view store_key, std::string_view bytes) {
  const std::optional<std::string_view> payload = unsealed(store_key, bytes);
  if (!payload.has_value()) return corrupt_leaf("checksum");
  ByteReader reader(*payload);
  if (reader.u8() != kLeafFormat) return corrupt_leaf("unknown format version");
  const unsigned depth = reader.u8();
  if (!reader.finished() || !is_tree_depth(depth)) return corrupt_leaf("depth");
  return depth;
}

}  // namespace starling
