#pragma once

// RepairReads: what an exchange between replicas reads of a store, of its own or for another: keys
// with what they add to their leaves, and whole records by their tokens.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "starling/result.h"

#include "base/ids.h"
#include "env/storage_engine.h"
#include "message/repair_messages.h"
#include "repair/merkle_leaf.h"
#include "replica/replica_store.h"
#include "ring/token.h"

namespace starling {

struct KeyListing {
  std::vector<KeyDigest> entries;   // ascending
  std::optional<Token> stopped_at;  // all up to it is listed; nothing: all of it is
  std::uint32_t visited = 0;        // records, tombstones included
  CommitTicket durable_at;
};

// The keys with a live value in `ranges`, which ascend, up to about as many as either bound allows.
// Those that can not be read are missing, and noted.
// Errors: Corruption  some could not even be reached. DiskFull: the store is closed.
[[nodiscard]] Result<KeyListing> list_keys(ReplicaStore& store, PartitionId partition,
                                           const std::vector<TokenRange>& ranges,
                                           std::uint32_t entries_max, std::uint32_t visited_max);

struct FetchedRecords {
  std::vector<KeyedRecord> records;   // in the order of their tokens
  std::uint32_t tokens_answered = 0;  // the first so many; at least one
  std::vector<Token> unreadable;      // of those: damaged, or larger than a message
  FenceStamp fence;
  CommitTicket durable_at;
};

// What one answer may hold. The record that passes it is the last one; without others it may be as
// large as a message.
inline constexpr std::size_t kFetchedBytesMax = std::size_t{1} << 20U;

// All records with these tokens, tombstones included.
// Errors: as above.
[[nodiscard]] Result<FetchedRecords> fetch_records(ReplicaStore& store, PartitionId partition,
                                                   const std::vector<Token>& tokens);

}  // namespace starling
