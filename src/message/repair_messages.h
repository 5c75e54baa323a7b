#pragma once

// What replicas say to each other to become equal without being read (anti-entropy), and to forget
// what nobody needs any more (reaping; not part of PeerMessage yet: no node sends that). As there,
// nothing in here may be trusted; the machines in repair/ check counts, ranges and order.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "message/client_messages.h"
#include "message/envelope.h"
#include "ring/token.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling {

enum class RepairOutcome : std::uint8_t {
  Done = 0,
  StaleRow = 1,    // the row versions differ
  StaleFence = 2,  // the state is from before a reaping that took its key (repair/fence.h)
  Corrupt = 3,     // a record could not be read
  Refused = 4,     // too busy, not an owner, still being filled, or a request that makes no sense
};

// The children of these nodes of your tree, or the nodes themselves at the same depth.
struct TreeRead {
  Envelope envelope;
  std::uint8_t depth = 0;        // of `nodes`
  std::uint8_t child_depth = 0;  // of the sums wanted; equal to `depth` for the nodes themselves
  std::vector<std::uint32_t> nodes;  // ascending
  friend bool operator==(const TreeRead&, const TreeRead&) = default;
};

struct TreeReadReply {
  OperationId operation;
  RepairOutcome outcome = RepairOutcome::Refused;
  std::uint8_t leaf_depth = 0;  // of the answering tree
  std::vector<Hash128> sums;    // 2^(child_depth - depth) for each node, in order
  friend bool operator==(const TreeReadReply&, const TreeReadReply&) = default;
};

// The keys with a live value in these leaves of a tree.
struct KeyListRead {
  Envelope envelope;
  std::uint8_t depth = 0;
  std::vector<std::uint32_t> leaves;  // ascending
  std::optional<Token> after;         // an earlier answer's stopped_at
  std::uint32_t entries_max = 0;
  friend bool operator==(const KeyListRead&, const KeyListRead&) = default;
};

struct KeyDigest {
  Token token;
  std::uint64_t digest = 0;  // of what it adds to its leaf
  friend auto operator<=>(const KeyDigest&, const KeyDigest&) = default;
};

struct KeyListReply {
  OperationId operation;
  RepairOutcome outcome = RepairOutcome::Refused;
  std::vector<KeyDigest> entries;  // ascending
  // All of the leaves up to this token is listed; nothing: all of them is.
  std::optional<Token> stopped_at;
  friend bool operator==(const KeyListReply&, const KeyListReply&) = default;
};

// All records with these tokens, tombstones included.
struct RecordsRead {
  Envelope envelope;
  std::vector<Token> tokens;  // ascending
  friend bool operator==(const RecordsRead&, const RecordsRead&) = default;
};

struct KeyedRecord {
  Token token;
  KeyAddress address;
  SiblingSet versions;
  friend bool operator==(const KeyedRecord&, const KeyedRecord&) = default;
};

struct RecordsReply {
  OperationId operation;
  RepairOutcome outcome = RepairOutcome::Refused;
  FenceStamp fence;                   // under which all of them were read
  std::vector<KeyedRecord> records;   // in the order of their tokens
  std::uint32_t tokens_answered = 0;  // the first so many; the others did not fit
  std::vector<Token> unreadable;      // of those: damaged, or larger than a message
  friend bool operator==(const RecordsReply&, const RecordsReply&) = default;
};

// An operator's order, from the node that was asked to all members; and how far each of them is.
struct OrderedRepair {
  OperationId operation;
  RepairOrder order;
  friend bool operator==(const OrderedRepair&, const OrderedRepair&) = default;
};

enum class RepairStanding : std::uint8_t {
  Known = 0,        // it runs, or is over: the progress says it
  Busy = 1,         // another run is not over
  NotCounting = 2,  // this member's store is not confirmed: it compares nothing
};

struct OrderedRepairReply {
  OperationId operation;
  RepairStanding standing = RepairStanding::Busy;
  RepairProgress progress;
  friend bool operator==(const OrderedRepairReply&, const OrderedRepairReply&) = default;
};

// -- reaping --

// The keys that one generation of a partition's fence reaped, or whose clocks it shortened.
struct FenceGeneration {
  FenceStamp fence;
  std::vector<Token> keys;  // ascending
  friend bool operator==(const FenceGeneration&, const FenceGeneration&) = default;
};

// One start of one member's store: what a vote is bound to.
struct StoreStart {
  NodeId node;
  StoreId store;
  Incarnation incarnation;
  friend auto operator<=>(const StoreStart&, const StoreStart&) = default;
};

// Which attempt a vote belongs to; never used twice.
struct ReapRoundId {
  NodeId initiator;
  Incarnation incarnation;
  std::uint64_t number = 0;
  friend auto operator<=>(const ReapRoundId&, const ReapRoundId&) = default;
};

struct ReapCandidate {
  KeyAddress address;
  Token token;
  Hash128 digest;  // full_digest of the record that everybody must hold
  // Empty: the record goes, which must be tombstones only. Else: these go out of its clock.
  std::vector<Actor> drop;
  friend bool operator==(const ReapCandidate&, const ReapCandidate&) = default;
};

// Asks all slot owners and hint holders. The commit carries the same, with the keys that all agreed
// to, so that no owner has to remember its votes.
struct ReapBatch {
  ReapRoundId round;
  PartitionId partition;
  RowVersion row_version;
  FenceStamp fence;                // to be raised to
  std::vector<StoreStart> owners;  // of all slots
  std::vector<ReapCandidate> candidates;
  friend bool operator==(const ReapBatch&, const ReapBatch&) = default;
};
struct ReapPrepare {
  ReapBatch batch;
  friend bool operator==(const ReapPrepare&, const ReapPrepare&) = default;
};
struct ReapCommit {
  ReapBatch batch;
  friend bool operator==(const ReapCommit&, const ReapCommit&) = default;
};

enum class KeyVote : std::uint8_t {
  No = 0,
  Yes = 1,
  Missing = 2,  // absent here: the initiator may send it and ask again later
};

struct ReapVote {
  ReapRoundId round;
  StoreStart voter;
  bool willing = false;       // false: a no to the whole batch
  std::vector<KeyVote> keys;  // one a candidate; from a hint holder none
  friend bool operator==(const ReapVote&, const ReapVote&) = default;
};

struct ReapCommitReply {
  ReapRoundId round;
  NodeId owner;
  bool done = false;  // refused: a start or the row had changed; nothing was done
  friend bool operator==(const ReapCommitReply&, const ReapCommitReply&) = default;
};

}  // namespace starling
