#pragma once

// Key layout: how everything that a replica stores is named in the one ordered map below it. The
// partition stands first, so that a partition is one range; the token second, so that a range of
// the ring within it (a Merkle leaf) is one too. FORMAT.md shows the bytes.

#include <cstdint>
#include <string>
#include <string_view>

#include "starling/result.h"

#include "base/ids.h"
#include "message/client_messages.h"
#include "ring/token.h"

namespace starling {

// What kind of thing an entry is. The numbers are on disk: never reuse one.
enum class StoreTable : std::uint8_t {
  Records = 1,
  LeafSums = 2,         // anti-entropy; repair/merkle_leaf.h
  StrongRegisters = 3,  // compare-and-set buckets; not written yet
  Hints = 4,            // handoff/hint.h
  Fences = 5,           // reaping; not written yet
  Meta = 6,             // under kMetaPartition only
};

// What belongs to the store as a whole stands behind all partitions (there are at most 32768).
inline constexpr PartitionId kMetaPartition{0xFFFF};

// Where one record lives. The address is the caller's and must outlive this.
struct RecordAddress {
  PartitionId partition;
  Token token;
  const KeyAddress& address;
};

// The same, owning, as it is read back from a store key.
struct RecordKey {
  PartitionId partition;
  Token token;
  KeyAddress address;
  friend bool operator==(const RecordKey&, const RecordKey&) = default;
};

// A half-open range of store keys.
struct KeyBounds {
  std::string from;
  std::string to;
  friend bool operator==(const KeyBounds&, const KeyBounds&) = default;
};

// REQUIRES: the bucket has at most 255 bytes.
[[nodiscard]] std::string record_store_key(const RecordAddress& record);
// Corruption: not a key that the function above can have made.
[[nodiscard]] Result<RecordKey> parse_record_store_key(std::string_view store_key);
[[nodiscard]] std::string meta_store_key(std::string_view name);

[[nodiscard]] KeyBounds bounds_of_table(PartitionId partition, StoreTable table);
// The records of the tokens first to last, both included.
[[nodiscard]] KeyBounds bounds_of_tokens(PartitionId partition, Token first, Token last);
// The least key behind `store_key`.
[[nodiscard]] std::string successor_of(std::string_view store_key);

}  // namespace starling
