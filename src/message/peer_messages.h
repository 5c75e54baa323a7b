#pragma once

// What nodes say to each other. Every data request carries an Envelope; every reply echoes the
// operation it belongs to. Nothing here may be trusted: replicas check row version and fence, and
// wire/ has checked sizes, ranges and order before a message is built.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/chain_messages.h"  // IWYU pragma: export
#include "message/client_messages.h"
#include "message/envelope.h"         // IWYU pragma: export
#include "message/fill_messages.h"    // IWYU pragma: export
#include "message/repair_messages.h"  // IWYU pragma: export
#include "message/store_condition.h"
#include "message/swim_messages.h"  // IWYU pragma: export
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {

enum class WriteKind : std::uint8_t {
  Replicate = 0,  // the delta of a fresh mint
  Repair = 1,     // a whole merged record, pushed by a read
};

// Merge these versions and acknowledge when they are durable.
struct ReplicaWrite {
  Envelope envelope;
  KeyAddress address;
  SiblingSet versions;
  WriteKind kind = WriteKind::Replicate;
  bool must_sync = false;  // whatever the replica's durability mode is (DW)
  bool timed = false;      // the answer says what the disk took, where it is known
  friend bool operator==(const ReplicaWrite&, const ReplicaWrite&) = default;
};

enum class ReplicaOutcome : std::uint8_t {
  Done = 0,
  NotCounted = 1,  // stored, but this replica may not count yet (its store is not confirmed)
  StaleRow = 2,    // the row versions differ; nothing was done
  Corrupt = 3,     // the stored record could not be read; nothing was done
  Refused = 4,     // too busy, or not an owner; nothing was done
  TooLarge = 5,    // the record fits no message (message/record_bytes.h)
  DiskFull = 6,    // there is no room for it, or there was none for its commit: not acknowledged
};

// How long before it answers a replica's disk took up the batch with a write, until which that was
// queued, and was done with it.
struct CommitTimes {
  Duration begun_ago{};
  Duration done_ago{};
  friend bool operator==(const CommitTimes&, const CommitTimes&) = default;
};

struct ReplicaWriteReply {
  OperationId operation;
  ReplicaOutcome outcome = ReplicaOutcome::Refused;
  Epoch epoch;                                      // of the replica's ring
  bool synced = false;                              // the copy is on disk, not only written
  std::optional<CommitTimes> times = std::nullopt;  // for people: nothing is decided by them
  friend bool operator==(const ReplicaWriteReply&, const ReplicaWriteReply&) = default;
};

enum class ReadWant : std::uint8_t {
  Digest = 0,  // digest and clock
  Record = 1,  // the whole record as well
};

struct ReplicaRead {
  Envelope envelope;
  KeyAddress address;
  ReadWant want = ReadWant::Digest;
  friend bool operator==(const ReplicaRead&, const ReplicaRead&) = default;
};

struct ReplicaReadReply {
  OperationId operation;
  ReplicaOutcome outcome = ReplicaOutcome::Refused;
  Epoch epoch;
  FenceStamp fence;
  Hash128 digest;  // read_digest of the record
  VectorClock clock;
  std::optional<SiblingSet> record;  // where it was wanted
  friend bool operator==(const ReplicaReadReply&, const ReplicaReadReply&) = default;
};

// A put on its way to an owner, which coordinates it from here on. Never forwarded again.
struct PutCommand {
  KeyAddress address;
  SiblingKind kind = SiblingKind::Value;
  std::string value;
  std::string content_type;
  WallTime modified;    // the coordinator's clock when the request came
  VectorClock context;  // decoded and authenticated where the client was met
  WriteLevels levels;
  RequestId request;
  std::uint64_t checksum = 0;  // message/checksum.h, as the client made it; verified at the mint
  bool trace = false;          // the client wants to know what happened
  friend bool operator==(const PutCommand&, const PutCommand&) = default;
};

struct ForwardedPut {
  Envelope envelope;
  PutCommand put;
  friend bool operator==(const ForwardedPut&, const ForwardedPut&) = default;
};

struct ForwardedPutReply {
  OperationId operation;
  // Set when the put certainly was not minted: the forwarder may try another owner.
  bool nothing_minted = false;
  std::variant<ErrorReply, PutReply> reply;
  friend bool operator==(const ForwardedPutReply&, const ForwardedPutReply&) = default;
};

// The next records of one partition behind `after_*`, in store order, values left out.
struct ScanRange {
  Envelope envelope;
  std::string bucket;
  std::string prefix;
  std::optional<KeyAddress> after;
  std::uint32_t limit = 0;  // records in the answer at most
  friend bool operator==(const ScanRange&, const ScanRange&) = default;
};

struct ScanEntry {
  std::string key;
  SiblingSet versions;  // without values
  friend bool operator==(const ScanEntry&, const ScanEntry&) = default;
};

struct ScanRangeReply {
  OperationId operation;
  ReplicaOutcome outcome = ReplicaOutcome::Refused;
  Epoch epoch;
  std::vector<ScanEntry> entries;
  // Where the scan stopped before the end of the partition: all matching records up to and
  // including this one are in `entries`. Nothing: the partition is through.
  std::optional<KeyAddress> stopped_at;
  friend bool operator==(const ScanRangeReply&, const ScanRangeReply&) = default;
};

// The digests of the live content of the partitions [first, first + count) that the receiver owns.
struct DigestRange {
  OperationId operation;
  PartitionId first;
  std::uint32_t count = 0;
  Duration remaining{};
  friend bool operator==(const DigestRange&, const DigestRange&) = default;
};

struct DigestEntry {
  PartitionId partition;
  Hash128 digest;  // sum of visible_digest over its records
  friend bool operator==(const DigestEntry&, const DigestEntry&) = default;
};

struct DigestRangeReply {
  OperationId operation;
  bool sound = false;  // false: a record could not be read, or the store is not confirmed
  std::vector<DigestEntry> entries;
  friend bool operator==(const DigestRangeReply&, const DigestRangeReply&) = default;
};

// As many earlier starts a store remembers and announces. A copy that was put back and started that
// often with nobody watching could pass for the original; nobody starts a node so often unseen.
inline constexpr std::size_t kEarlierStartsMax = 1024;

// "This is the store I opened": sent on every new connection, before anything else, and again once
// the store counts.
struct BootAnnouncement {
  StoreId store;
  std::uint64_t boot_sequence = 0;  // starts of this store so far, this one included
  Incarnation incarnation;
  bool counting = false;  // confirmed: this node mints, and its answers count
  // Of the starts before this one, newest first, without a gap: whoever remembers one of them must
  // find it here, or this is not the store that made it. At most kEarlierStartsMax.
  std::vector<Incarnation> earlier = {};
  friend bool operator==(const BootAnnouncement&, const BootAnnouncement&) = default;
};

enum class BootVerdict : std::uint8_t {
  Confirmed = 0,     // durably remembered
  AnotherStore = 1,  // this member is remembered with another store: it was emptied or replaced
  RolledBack = 2,    // a later start of this store is remembered: an old copy was put back
};

struct BootReply {
  StoreId store;  // echoed, with the sequence: a late verdict on an older start counts for nothing
  std::uint64_t boot_sequence = 0;
  Incarnation incarnation;
  BootVerdict verdict = BootVerdict::Confirmed;
  friend bool operator==(const BootReply&, const BootReply&) = default;
};

// How much room the sender's store has: sent on a new connection unless it is roomy, which a peer
// is taken for, and whenever it changes.
struct StoreNotice {
  StoreCondition condition = StoreCondition::Roomy;
  friend bool operator==(const StoreNotice&, const StoreNotice&) = default;
};

// -- hinted handoff --

// The numbers are on disk as well.
enum class HintStanding : std::uint8_t {
  BestEffort = 0,  // repair will find what it misses; may be dropped
  Counted = 1,     // a write was acknowledged because of it; never dropped
};

// Keep these versions for the home of a slot, which does not take them, and acknowledge when they
// are durable.
struct HintWrite {
  Envelope envelope;
  std::uint8_t slot = 0;  // of the envelope's partition
  HintStanding standing = HintStanding::BestEffort;
  KeyAddress address;
  SiblingSet versions;
  bool must_sync = false;
  friend bool operator==(const HintWrite&, const HintWrite&) = default;
};

struct HintWriteReply {
  OperationId operation;
  std::uint8_t slot = 0;
  ReplicaOutcome outcome = ReplicaOutcome::Refused;
  bool synced = false;
  friend bool operator==(const HintWriteReply&, const HintWriteReply&) = default;
};

// A hint on its way home: merge it, and say so when it is on disk.
struct HintHandoff {
  Envelope envelope;
  std::uint8_t slot = 0;
  KeyAddress address;
  SiblingSet versions;
  friend bool operator==(const HintHandoff&, const HintHandoff&) = default;
};

enum class HintOutcome : std::uint8_t {
  Stored = 0,      // on disk
  StaleFence = 1,  // from before a reaping
  StaleRow = 2,    // the rings differ: the slot may have another owner
  Busy = 3,
  Unfit = 4,  // this one can not be taken now: what is stored of its key can not be read
};

struct HintHandoffReply {
  OperationId operation;
  HintOutcome outcome = HintOutcome::Busy;
  std::uint32_t room = 0;  // how many hints the home would take at once
  friend bool operator==(const HintHandoffReply&, const HintHandoffReply&) = default;
};

// What do you still have to do: how many hints do you keep, and for whom, and what did somebody
// order you to compare?
struct WorkCensus {
  OperationId operation;
  friend bool operator==(const WorkCensus&, const WorkCensus&) = default;
};

struct HintCount {
  NodeId home;
  std::uint64_t pending = 0;
  std::uint64_t delivered = 0;  // since the node kept none at all
  std::optional<std::uint32_t> eta_seconds = std::nullopt;
  friend bool operator==(const HintCount&, const HintCount&) = default;
};

struct WorkCensusReply {
  OperationId operation;
  bool complete = false;          // false: some hints could not be read yet, and are not counted
  std::vector<HintCount> counts;  // ascending by home; of homes with any
  std::optional<RepairProgress> repair;  // of a run that is not over
  friend bool operator==(const WorkCensusReply&, const WorkCensusReply&) = default;
};

// "I live": sent every second, so that a peer whose connection stands and who says nothing can be
// told from one that is not asked anything. The transport's affair: nodes do not see it.
struct Heartbeat {
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

using PeerMessage =
    std::variant<ReplicaWrite, ReplicaWriteReply, ReplicaRead, ReplicaReadReply, ForwardedPut,
                 ForwardedPutReply, ScanRange, ScanRangeReply, DigestRange, DigestRangeReply,
                 BootAnnouncement, BootReply, StoreNotice, Heartbeat, HintWrite, HintWriteReply,
                 HintHandoff, HintHandoffReply, WorkCensus, WorkCensusReply, TreeRead,
                 TreeReadReply, KeyListRead, KeyListReply, RecordsRead, RecordsReply, OrderedRepair,
                 OrderedRepairReply, ChainLetter, FillRead, FillPage, SwimMessage>;

}  // namespace starling
