#pragma once

// What a client and the node it talks to say to each other. Plain structs; how they become bytes is
// wire/'s affair. A request carries its deadline as the time that remains, since no two clocks
// agree.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "starling/options.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"

namespace starling {

struct KeyAddress {
  std::string bucket;
  std::string key;
  friend auto operator<=>(const KeyAddress&, const KeyAddress&) = default;
};

struct ReadLevels {
  Level r;
  Level pr = Level::none();
  friend bool operator==(const ReadLevels&, const ReadLevels&) = default;
};

struct WriteLevels {
  Level w;
  Level pw = Level::none();
  Level dw = Level::none();
  // Other nodes may stand in for homes that can not be reached, and their hints count for W.
  bool sloppy = false;
  friend bool operator==(const WriteLevels&, const WriteLevels&) = default;
};

struct ClientPut {
  KeyAddress address;
  std::string value;
  std::string content_type;
  std::string context;  // encoded, or empty: a blind write
  WriteLevels levels;
  RequestId request;
  // checksum_of key, content type and value (checksum.h), made by the client.
  std::uint64_t checksum = 0;
  bool trace = false;  // the answer tells what happened
  friend bool operator==(const ClientPut&, const ClientPut&) = default;
};

struct ClientGet {
  KeyAddress address;
  ReadLevels levels;
  std::string context;  // a session read when not empty
  bool trace = false;
  friend bool operator==(const ClientGet&, const ClientGet&) = default;
};

// Without a context the coordinator reads first and deletes what it read.
struct ClientDelete {
  KeyAddress address;
  std::string context;
  ReadLevels read_levels;
  WriteLevels levels;
  RequestId request;
  bool trace = false;
  friend bool operator==(const ClientDelete&, const ClientDelete&) = default;
};

// One page of a bucket's live keys, in ring order. `cursor` is what the last page returned; `after`
// begins behind a key instead. Both empty: from the beginning.
struct ClientKeys {
  std::string bucket;
  std::string prefix;
  std::string after;
  std::string cursor;
  std::uint32_t limit = 1000;  // 1 to kKeysPageMax
  ReadLevels levels;
  friend bool operator==(const ClientKeys&, const ClientKeys&) = default;
};
inline constexpr std::uint32_t kKeysPageMax = 10'000;

struct ClientClusterStatus {
  friend bool operator==(const ClientClusterStatus&, const ClientClusterStatus&) = default;
};
struct ClientClusterRing {
  std::optional<KeyAddress> address;  // the preference list of one key, instead of the table
  friend bool operator==(const ClientClusterRing&, const ClientClusterRing&) = default;
};
struct ClientClusterDigest {
  friend bool operator==(const ClientClusterDigest&, const ClientClusterDigest&) = default;
};
struct ClientNodeInfo {
  friend bool operator==(const ClientNodeInfo&, const ClientNodeInfo&) = default;
};
struct ClientClusterTasks {
  friend bool operator==(const ClientClusterTasks&, const ClientClusterTasks&) = default;
};

// Compare replicas now. The client draws `run`, and asks with the same order again and again how
// far it is: a member that has not heard of the run begins it.
struct RepairOrder {
  Hash128 run;
  std::optional<PartitionId> partition;  // nothing: all of them
  bool dry_run = false;                  // say what differs and merge nothing
  friend bool operator==(const RepairOrder&, const RepairOrder&) = default;
};
struct ClientClusterRepair {
  RepairOrder order;
  friend bool operator==(const ClientClusterRepair&, const ClientClusterRepair&) = default;
};

// Changes of the members: staged one by one, looked at as a plan, then committed as that plan.
enum class ChangeVerb : std::uint8_t {
  Plan = 0,     // say what is staged and what it would do
  Leave = 1,    // stage that `member` gives its slots away and goes
  Remove = 2,   // stage that `member`, which does not come back, is given up
  Commit = 3,   // begin what is staged, if that is the plan with this number
  Abort = 4,    // take back all that is staged
  Join = 5,     // stage that a node which waits to be joined becomes a member
  Replace = 6,  // stage that such a node takes over from `member`
};
// A node that waits to be joined, as it says of itself.
struct Newcomer {
  std::string name;
  std::string cluster;  // its name
  std::string address;
  std::string zone;
  Hash128 store;   // of its data directory
  Hash128 secret;  // the digest of it that a handshake compares
  std::uint32_t partitions = 0;
  friend bool operator==(const Newcomer&, const Newcomer&) = default;
};
struct ChangeOrder {
  ChangeVerb verb = ChangeVerb::Plan;
  std::string member;      // its name; of Leave, Remove and Replace
  std::uint64_t plan = 0;  // of Commit
  Newcomer newcomer{};     // of Join and Replace
  friend bool operator==(const ChangeOrder&, const ChangeOrder&) = default;
};
struct ClientClusterChange {
  ChangeOrder order;
  friend bool operator==(const ClientClusterChange&, const ClientClusterChange&) = default;
};

using ClientRequestBody =
    std::variant<ClientPut, ClientGet, ClientDelete, ClientKeys, ClientClusterStatus,
                 ClientClusterRing, ClientClusterDigest, ClientNodeInfo, ClientClusterTasks,
                 ClientClusterRepair, ClientClusterChange>;

struct ClientRequest {
  Duration remaining{};
  ClientRequestBody body;
  friend bool operator==(const ClientRequest&, const ClientRequest&) = default;
};

// How many answers were needed, came, and came from the key's own replicas.
struct ReplyCounts {
  std::uint32_t required = 0;
  std::uint32_t received = 0;
  std::uint32_t primaries = 0;
  friend bool operator==(const ReplyCounts&, const ReplyCounts&) = default;
};

// A longer advice to wait than this would be advice not to come back; wire/ cuts to it.
inline constexpr std::chrono::milliseconds kRetryAfterMax = std::chrono::minutes(1);

// Where a client does better to send its next request for the same key. The hash that places keys
// is the cluster's secret, so a client can not compute this; it learns it from answers.
struct RouteHint {
  Epoch epoch;   // of the ring of the node that answered; 0: that node did not say
  NodeId owner;  // an owner of the key within reach; 0: the node that answered will do
  friend bool operator==(const RouteHint&, const RouteHint&) = default;
};

struct ErrorReply {
  Status status;  // not ok
  ReplyCounts replies;
  RouteHint route;
  Trace trace{};  // where the request asked for it, at most kTraceEventsMax events; likewise below
  friend bool operator==(const ErrorReply&, const ErrorReply&) = default;
};

// A delete answers with it too.
struct PutReply {
  std::string context;         // the request's context joined with the new dot, encoded
  std::uint32_t siblings = 0;  // live values at the minter after this write
  Level level;
  ReplyCounts replies;
  RouteHint route;
  Trace trace{};
  friend bool operator==(const PutReply&, const PutReply&) = default;
};

struct SiblingReply {
  std::string value;
  std::string content_type;
  WallTime modified;
  std::string dot;  // for people, and to tell siblings apart
  friend bool operator==(const SiblingReply&, const SiblingReply&) = default;
};

struct GetReply {
  std::vector<SiblingReply> siblings;  // live values only; empty: absent or deleted
  std::string context;                 // empty when the key was never seen
  Level level;
  ReplyCounts replies;
  std::uint32_t repaired = 0;   // replicas written back before this answer
  bool protected_read = false;  // a later read at this level can not see less
  std::uint64_t checksum = 0;   // checksum_of key and value hashes, for the client to verify
  RouteHint route;
  Trace trace{};
  friend bool operator==(const GetReply&, const GetReply&) = default;
};

struct KeysReply {
  std::vector<std::string> keys;
  std::string cursor;  // for the next page; empty: that was all
  friend bool operator==(const KeysReply&, const KeysReply&) = default;
};

struct MemberReply {
  std::string name;
  NodeId id;
  std::string address;
  std::string http;  // empty while that member was never met
  std::string zone;
  // "up", "suspect", "down", or of one that is up "joining" or "leaving", in the answering node's
  // opinion; and for how long.
  std::string state;
  std::uint64_t state_seconds = 0;
  std::uint32_t partitions = 0;     // slots that it holds
  std::uint32_t hints_pending = 0;  // hints held anywhere for it
  friend bool operator==(const MemberReply&, const MemberReply&) = default;
};

struct ClusterStatusReply {
  std::string cluster;
  Epoch epoch;
  std::uint32_t partitions = 0;
  std::uint32_t replicas = 0;  // in force
  std::uint32_t replicas_configured = 0;
  std::vector<MemberReply> members;
  std::uint32_t can_lose_availability = 0;
  std::uint32_t can_lose_durability = 0;
  std::vector<std::string> messages;
  friend bool operator==(const ClusterStatusReply&, const ClusterStatusReply&) = default;
};

struct PartitionOwners {
  PartitionId partition;
  std::vector<std::string> owners;     // member names, slot order (for one key: preference order)
  std::vector<std::string> fallbacks;  // for one key only
  friend bool operator==(const PartitionOwners&, const PartitionOwners&) = default;
};

struct ClusterRingReply {
  Epoch epoch;
  std::vector<PartitionOwners> partitions;  // all, or the one of the key
  friend bool operator==(const ClusterRingReply&, const ClusterRingReply&) = default;
};

struct ReplicaDigest {
  std::string member;
  std::optional<Hash128> digest;  // nothing: this replica did not answer
  friend bool operator==(const ReplicaDigest&, const ReplicaDigest&) = default;
};

struct PartitionDigests {
  PartitionId partition;
  std::vector<ReplicaDigest> replicas;
  friend bool operator==(const PartitionDigests&, const PartitionDigests&) = default;
};

struct ClusterDigestReply {
  std::vector<PartitionDigests> partitions;
  bool agree = false;  // every replica answered, and all of a partition's digests are equal
  friend bool operator==(const ClusterDigestReply&, const ClusterDigestReply&) = default;
};

// What the cluster does behind its requests, until it is done.
struct TaskReply {
  std::string id;
  std::string kind;     // "hints", "repair", "transfer" or "leave"
  std::string subject;  // for people: from whom to whom
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string unit;                          // of both: "keys", "comparisons" or "slots"
  std::optional<std::uint32_t> eta_seconds;  // nothing: it does not move, or began just now
  friend bool operator==(const TaskReply&, const TaskReply&) = default;
};

struct ClusterTasksReply {
  std::vector<TaskReply> tasks;
  // Members that did not say what they have to do, or not all of it: there may be more tasks.
  std::vector<std::string> unanswered;
  friend bool operator==(const ClusterTasksReply&, const ClusterTasksReply&) = default;
};

// How far a run of repairs is: of one member, or of all together. Each pair of a partition's
// replicas is compared by one of the two.
struct RepairProgress {
  std::uint64_t pairs = 0;
  std::uint64_t compared = 0;
  std::uint64_t failed = 0;  // of them: a replica was away, silent or unreadable; or keys were
  std::uint64_t keys_compared = 0;    // where sums differed; elsewhere no key is looked at
  std::uint64_t keys_differing = 0;   // counted once a pair
  std::uint64_t records_written = 0;  // merged at either side
  std::uint64_t bytes = 0;            // both ways, without frames

  [[nodiscard]] bool finished() const { return compared + failed == pairs; }
  RepairProgress& operator+=(const RepairProgress& other) {
    pairs += other.pairs;
    compared += other.compared;
    failed += other.failed;
    keys_compared += other.keys_compared;
    keys_differing += other.keys_differing;
    records_written += other.records_written;
    bytes += other.bytes;
    return *this;
  }
  friend bool operator==(const RepairProgress&, const RepairProgress&) = default;
};

struct ClusterRepairReply {
  std::uint32_t partitions = 0;  // that the order is about
  RepairProgress progress;       // of the members that said something
  // Members that are down or whose stores do not count: what they hold is not compared.
  std::vector<std::string> absent;
  // Those that did not say how far they are; they may this time or the next.
  std::vector<std::string> unanswered;
  friend bool operator==(const ClusterRepairReply&, const ClusterRepairReply&) = default;
};

struct MemberSlotsReply {
  std::string name;
  std::uint32_t before = 0;  // slots
  std::uint32_t after = 0;
  friend bool operator==(const MemberSlotsReply&, const MemberSlotsReply&) = default;
};

// What an order about the members came to: the plan as it is now, or as it was when it was
// committed or taken back.
struct ClusterChangeReply {
  ChangeVerb verb = ChangeVerb::Plan;
  std::uint64_t plan = 0;               // the number of the plan; 0: nothing is staged
  Epoch epoch;                          // of the configuration that says so
  std::vector<std::string> changes;     // for people, in the order in which they were staged
  std::uint64_t moves = 0;              // copies of partitions that travel
  std::uint64_t moves_least = 0;        // no plan moves less
  std::optional<std::uint64_t> bytes;   // of the moves; nothing: unknown
  std::vector<MemberSlotsReply> slots;  // all members before and after, by name
  std::vector<std::string> warnings;
  std::vector<std::string> under_way;  // what was committed and goes on, for people
  friend bool operator==(const ClusterChangeReply&, const ClusterChangeReply&) = default;
};

// Places in a node's store that could not be read, since it was started.
struct DamageCounts {
  std::uint64_t met = 0;         // all that were ever met
  std::uint64_t mended = 0;      // of them, those that are sound again
  std::uint64_t waiting = 0;     // for their turn, or for the other replicas to answer
  std::uint64_t unsupplied = 0;  // no other replica has anything to put there
  friend bool operator==(const DamageCounts&, const DamageCounts&) = default;
};

struct NodeInfoReply {
  std::string name;
  NodeId id;
  std::string cluster;
  std::string version;
  std::string address;
  std::string http;
  std::string data_dir;
  std::string store_id;
  std::string incarnation;
  std::string durability;
  std::uint64_t boot_sequence = 0;
  bool ready = false;
  std::string not_ready_because;  // empty when ready
  std::string disk;               // whether there is room, in words
  std::uint64_t uptime_ms = 0;
  std::uint64_t cpu_us = 0;  // processor time of all its threads, since it was started
  std::uint32_t partitions = 0;
  DamageCounts damage;
  bool waits_to_join = false;               // it is no member of a cluster yet
  std::uint32_t partitions_of_cluster = 0;  // Q, as it was started or as its cluster has it
  Hash128 secret{};                         // the digest of it that a handshake compares
  friend bool operator==(const NodeInfoReply&, const NodeInfoReply&) = default;
};

using ClientReply = std::variant<ErrorReply, PutReply, GetReply, KeysReply, ClusterStatusReply,
                                 ClusterRingReply, ClusterDigestReply, NodeInfoReply,
                                 ClusterTasksReply, ClusterRepairReply, ClusterChangeReply>;

// Where a reply goes: a connection and the request on it, as the transport numbers them.
struct ClientHandle {
  std::uint64_t connection = 0;
  std::uint64_t request = 0;
  friend auto operator<=>(const ClientHandle&, const ClientHandle&) = default;
};

}  // namespace starling
