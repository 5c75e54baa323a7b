#pragma once

// What the administrative calls of Client (client.h) return: the cluster as the node that was asked
// sees it. Two nodes may disagree for a moment; neither is wrong.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace starling {

struct MemberStatus {
  std::string name;
  std::string id;       // 16 hexadecimal digits, the same over restarts
  std::string address;  // of the native protocol
  std::string http;     // empty while nobody here has met that member
  std::string zone;     // failure domain; empty where none was given
  // "up"; "suspect": it did not answer lately; "down": it did not for long; of one that is up also
  // "joining": it does not serve yet, or "leaving". An opinion, of the node that was asked.
  std::string state;
  std::uint64_t state_seconds = 0;  // for how long it has been in this state
  std::uint32_t partitions = 0;     // copies of partitions that it holds
  std::uint32_t hints_pending = 0;  // writes that others keep for it until it is back
  friend bool operator==(const MemberStatus&, const MemberStatus&) = default;
};

struct ClusterStatus {
  std::string cluster;
  std::uint64_t epoch = 0;  // counts the changes of membership
  std::uint32_t partitions = 0;
  std::uint32_t replicas = 0;             // copies of each key, in force: at most one a member
  std::uint32_t replicas_configured = 0;  // ... and as the cluster was founded
  std::vector<MemberStatus> members;
  // How many more members may fail, whichever they are, before some key can not be read and written
  // at the default levels; and before some acknowledged write may be lost.
  std::uint32_t can_lose_availability = 0;
  std::uint32_t can_lose_durability = 0;
  std::vector<std::string> messages;  // for people: what is wrong and what to do
  friend bool operator==(const ClusterStatus&, const ClusterStatus&) = default;
};

// Who holds one of the equal parts of the key space.
struct PartitionOwnership {
  std::uint32_t partition = 0;
  std::vector<std::string> owners;     // members' names; for one key in the order of preference
  std::vector<std::string> fallbacks;  // for one key only: who stands in, in this order
  friend bool operator==(const PartitionOwnership&, const PartitionOwnership&) = default;
};

struct RingTable {
  std::uint64_t epoch = 0;
  std::vector<PartitionOwnership> partitions;
  friend bool operator==(const RingTable&, const RingTable&) = default;
};

// Something that the cluster does behind its requests, until it is done.
struct TaskStatus {
  std::string id;
  // "hints": writes that a node kept for another are brought to it; "repair": replicas are
  // compared by order; "transfer": slots come to a member; "leave": a member gives its slots away.
  std::string kind;
  std::string subject;  // for people: from whom to whom
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string unit;                          // of both: "keys", "comparisons" or "slots"
  std::optional<std::uint32_t> eta_seconds;  // nothing: it waits, or began just now
  friend bool operator==(const TaskStatus&, const TaskStatus&) = default;
};

struct TaskList {
  std::vector<TaskStatus> tasks;
  std::vector<std::string> unanswered;  // members that did not say, or not all: there may be more

  // Nothing is left to do, and every member said so.
  [[nodiscard]] bool is_finished() const { return tasks.empty() && unanswered.empty(); }
  friend bool operator==(const TaskList&, const TaskList&) = default;
};

// A comparison of replicas that somebody orders (Client::new_repair).
struct RepairRun {
  std::uint64_t id_high = 0;  // of 128 bits that no other run has
  std::uint64_t id_low = 0;
  std::optional<std::uint32_t> partition;  // nothing: all of them
  bool dry_run = false;                    // say what differs and change nothing
  friend bool operator==(const RepairRun&, const RepairRun&) = default;
};

// How far it is. A pair is two replicas of one partition.
struct RepairReport {
  std::uint32_t partitions = 0;  // that the run is about
  std::uint64_t pairs = 0;
  std::uint64_t compared = 0;
  std::uint64_t failed = 0;             // could not be: one of the two is away, silent or damaged
  std::uint64_t keys_compared = 0;      // where sums differ; elsewhere no key is looked at
  std::uint64_t keys_differing = 0;     // once for each pair of replicas that differ
  std::uint64_t records_written = 0;    // at either of the two
  std::uint64_t bytes = 0;              // sent for it, both ways
  std::vector<std::string> absent;      // members that are down, or whose stores do not count
  std::vector<std::string> unanswered;  // members that did not say how far they are

  // Nothing more will come of it.
  [[nodiscard]] bool is_finished() const {
    return compared + failed == pairs && unanswered.empty();
  }
  // And everything was compared.
  [[nodiscard]] bool is_whole() const { return is_finished() && failed == 0 && absent.empty(); }
  friend bool operator==(const RepairReport&, const RepairReport&) = default;
};

// How many copies of partitions a member holds before and after a change of the members.
struct MemberSlots {
  std::string name;
  std::uint32_t before = 0;
  std::uint32_t after = 0;
  friend bool operator==(const MemberSlots&, const MemberSlots&) = default;
};

// What is staged, and what it would do; or what was committed, or taken back.
struct ChangeReport {
  std::string plan;                    // names it for cluster_commit(); empty: nothing is staged
  std::uint64_t epoch = 0;             // of the configuration that says so
  std::vector<std::string> changes;    // for people, in the order in which they were staged
  std::uint64_t moves = 0;             // copies of partitions that travel
  std::uint64_t moves_least = 0;       // no plan for the same members moves fewer
  std::optional<std::uint64_t> bytes;  // of the moves; nothing: unknown
  std::vector<MemberSlots> slots;      // all members, by name; empty where nothing is staged
  std::vector<std::string> warnings;   // to be read before it is committed
  std::vector<std::string> under_way;  // what was committed before and goes on, for people
  friend bool operator==(const ChangeReport&, const ChangeReport&) = default;
};

struct ReplicaDigestText {
  std::string member;
  std::optional<std::string> digest;  // 32 hexadecimal digits; nothing: that member did not answer
  friend bool operator==(const ReplicaDigestText&, const ReplicaDigestText&) = default;
};

struct PartitionDigestTable {
  std::uint32_t partition = 0;
  std::vector<ReplicaDigestText> replicas;
  friend bool operator==(const PartitionDigestTable&, const PartitionDigestTable&) = default;
};

struct DigestTable {
  std::vector<PartitionDigestTable> partitions;
  bool agree = false;  // every replica answered, and all digests of a partition are equal
  friend bool operator==(const DigestTable&, const DigestTable&) = default;
};

// Places in a node's store that could not be read, since it was started. Other replicas answer for
// them, and put them right: a minute after one was met, from all the others.
struct DamageStatus {
  std::uint64_t met = 0;         // all that were ever met
  std::uint64_t mended = 0;      // of them, those that are sound again
  std::uint64_t waiting = 0;     // for their turn, or for the other replicas to answer
  std::uint64_t unsupplied = 0;  // no other replica has anything to put there
  friend bool operator==(const DamageStatus&, const DamageStatus&) = default;
};

struct NodeStatus {
  std::string name;
  std::string id;
  std::string cluster;
  std::string version;
  std::string address;
  std::string http;
  std::string data_dir;
  std::string store_id;             // of the data directory: an emptied one gets another
  std::string incarnation;          // of the process: a restarted one gets another
  std::string durability;           // "sync", "interval" or "none"
  std::uint64_t boot_sequence = 0;  // starts of this data directory so far
  bool ready = false;               // quorum requests can be served
  std::string not_ready_because;    // empty when ready
  std::string disk;                 // whether there is room, and if not, what that means
  std::uint64_t uptime_ms = 0;
  std::uint64_t cpu_us = 0;      // processor time of all its threads, since it was started
  std::uint32_t partitions = 0;  // copies of partitions that it holds
  DamageStatus damage;
  bool waits_to_join = false;               // it is no member of a cluster yet
  std::uint32_t partitions_of_cluster = 0;  // of all, as its cluster has them
  std::string secret_digest;                // two hexadecimal halves; equal where the secret is
  friend bool operator==(const NodeStatus&, const NodeStatus&) = default;
};

}  // namespace starling
