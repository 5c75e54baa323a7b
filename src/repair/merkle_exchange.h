#pragma once

// MerkleExchange: one comparison of a partition with another replica of it, from the roots to equal
// records: the asking side. It walks down where sums differ, waits, looks at the leaves that
// differed once more (what is only on its way is then through), lists the keys of those that differ
// again, fetches the records of keys that differ, merges them here and sends back what the other
// lacks. The other side keeps no state: it answers from its tree and store (merkle_answers.h).
// Source: Dynamo, section 4.7; the second look is that of Riak's later anti-entropy.
//
//   Created  -> Roots
//   Roots    -> Finished  equal: Agreed, after one round trip
//   Roots    -> Levels    -> Waiting -> Leaves -> Keys -> Records -> Finished
//   Levels   -> Finished  nothing differs further down: it was a write on its way
//   Leaves   -> Finished  likewise
//   any      -> Finished  deadline, silence, another row, a peer that makes no sense, or abort()
//
// A node that differs without need costs bandwidth, never a write: all that is done is merging.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "message/repair_messages.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "ring/token.h"

namespace starling {

// -- what it asks of the node that runs it; envelopes are that node's --

struct SendTreeRead {
  OperationId operation;
  std::uint8_t depth = 0;
  std::uint8_t child_depth = 0;
  std::vector<std::uint32_t> nodes;
};
struct SendKeyListRead {
  OperationId operation;
  std::uint8_t depth = 0;
  std::vector<std::uint32_t> leaves;
  std::optional<Token> after;
  std::uint32_t entries_max = 0;
};
struct SendRecordsRead {
  OperationId operation;
  std::vector<Token> tokens;
};
// List our own keys in these leaves, as the peer did; answered by on_own_keys, in whole;
// whoever can not read them calls abort().
struct ListOwnKeys {
  std::uint8_t depth = 0;
  std::vector<std::uint32_t> leaves;
};
// Read all our records with these tokens, tombstones included; answered by on_own_records.
struct ReadOwnRecords {
  std::vector<Token> tokens;
};
// Merge into our store, if our fence accepts the stamp.
struct MergeHere {
  KeyedRecord record;
  FenceStamp fence;
};
// Send to the peer as a repair (WriteKind::Repair), with the stamp; answered by on_pushed.
struct PushThere {
  OperationId operation;
  KeyedRecord record;
  FenceStamp fence;
};
// The peer's fence is above ours, or ours above the peer's: one of us must catch up before the keys
// concerned can be compared again.
struct CatchUpFence {};
struct ArmExchangeTimer {
  Instant at;
};

using ExchangeAction =
    std::variant<SendTreeRead, SendKeyListRead, SendRecordsRead, ListOwnKeys, ReadOwnRecords,
                 MergeHere, PushThere, CatchUpFence, ArmExchangeTimer>;
using ExchangeActions = std::vector<ExchangeAction>;

enum class ExchangeEnd : std::uint8_t {
  Unfinished = 0,
  Agreed = 1,    // nothing differs, or nothing did for long
  Repaired = 2,  // all that differed was merged; the next exchange will show whether it is equal
  Partial = 3,   // a bound was met: go on soon, from `resume_at`
  StaleRow = 4,  // the row changed
  Silence = 5,   // no answer, after retries
  Deadline = 6,
  Nonsense = 7,    // the peer answered what no sound peer would
  Unreadable = 8,  // the peer could not read, or refused
  Aborted = 9,
  Differs = 10,  // a dry run found differences
};

struct ExchangeReport {
  ExchangeEnd end = ExchangeEnd::Unfinished;
  // Where the first branch that was left out begins; the next exchange starts there.
  std::optional<Token> resume_at;
  std::uint64_t leaves_differing = 0;  // twice, that is
  std::uint64_t keys_compared = 0;     // entries of both sides' lists
  std::uint64_t keys_differing = 0;
  std::uint64_t records_fetched = 0;
  std::uint64_t records_pushed = 0;
  std::uint64_t keys_skipped = 0;  // unreadable or stale: they differ still
  // In both directions, without frames: sums, node numbers, key lists; and values with versions.
  std::uint64_t comparison_bytes = 0;
  std::uint64_t record_bytes = 0;
  std::uint64_t round_trips = 0;
};

class MerkleExchange {
 public:
  struct Options {
    // Sums are asked for in at most so many branches a level: 64 KiB of sums an answer.
    std::size_t branches_max = 256;
    // Longer than what is on its way takes (replication deadline, 99th percentile).
    Duration wait = std::chrono::seconds(2);
    Duration patience = std::chrono::seconds(3);  // for one answer
    unsigned attempts_max = 3;                    // of one request
    Duration duration_max = std::chrono::minutes(2);
    // Keys listed by either side. 4096 leaves (256 branches of 16) with 64 keys are half of it.
    std::uint64_t keys_max = std::uint64_t{512} << 10U;
    std::size_t list_leaves_max = 64;       // of one list
    std::uint32_t list_entries_max = 4096;  // likewise: 64 KiB
    std::size_t fetch_tokens_max = 64;      // of one fetch
    std::size_t pushes_in_flight_max = 16;
    std::uint64_t record_bytes_max = std::uint64_t{64} << 20U;
    std::optional<Token> resume_at = std::nullopt;  // as an earlier report said
    bool dry_run = false;                           // says what differs and merges nothing
    std::uint64_t first_operation = 1;              // ids count up from here; never used twice
  };

  explicit MerkleExchange(Options options) : options_(options) {}

  // `own`: the tree at this moment, in every call; it may change, and even its depth may, between
  // them.
  void start(const MerkleTree& own, Instant now, ExchangeActions& out);
  void on_tree_reply(const TreeReadReply& reply, const MerkleTree& own, Instant now,
                     ExchangeActions& out);
  void on_key_list_reply(const KeyListReply& reply, Instant now, ExchangeActions& out);
  void on_records_reply(const RecordsReply& reply, Instant now, ExchangeActions& out);
  // All our keys with a live value in the range last asked for, ascending.
  void on_own_keys(std::vector<KeyDigest> keys, Instant now, ExchangeActions& out);
  // `fence`: under which they were read.
  void on_own_records(const std::vector<KeyedRecord>& records, FenceStamp fence, Instant now,
                      ExchangeActions& out);
  void on_pushed(OperationId operation, RepairOutcome outcome, Instant now, ExchangeActions& out);
  void on_timer(const MerkleTree& own, Instant now, ExchangeActions& out);
  // The peer is gone, this node lost the partition, or somebody says so.
  void abort();

  [[nodiscard]] bool finished() const { return state_ == State::Finished; }
  // Before the second look: it costs nothing just now.
  [[nodiscard]] bool waiting() const { return state_ == State::Waiting; }
  [[nodiscard]] const ExchangeReport& report() const { return report_; }
  void check_invariants() const;

 private:
  enum class State : std::uint8_t {
    Created,
    Roots,
    Levels,
    Waiting,
    Leaves,
    Keys,
    Records,
    Finished,
  };
  using Request = std::variant<SendTreeRead, SendKeyListRead, SendRecordsRead>;
  struct Push {
    KeyedRecord record;
    FenceStamp fence;
  };

  void send(Request request, Instant now, ExchangeActions& out);
  void send_again(Request request, Instant now, ExchangeActions& out);
  // Whether this is the awaited reply, and a good one. If it is awaited and bad, that was the end.
  [[nodiscard]] bool accept(OperationId operation, RepairOutcome outcome, Instant now);
  void finish(ExchangeEnd end);
  // Nothing more to do: the end that fits what was seen.
  void finish_well();

  void on_root(const TreeReadReply& reply, const MerkleTree& own, Instant now,
               ExchangeActions& out);
  void on_level(Instant now, ExchangeActions& out);
  [[nodiscard]] static bool sums_fit(const SendTreeRead& read, const TreeReadReply& reply);
  // The nodes asked for whose sums differ from ours, or those of their children.
  [[nodiscard]] std::vector<std::uint32_t> differing(const TreeReadReply& reply,
                                                     const MerkleTree& own) const;
  void cut_branches();
  void descend(Instant now, ExchangeActions& out);
  void list_next(Instant now, ExchangeActions& out);
  [[nodiscard]] bool list_fits(const SendKeyListRead& read, const KeyListReply& reply) const;
  void fetch_next(Instant now, ExchangeActions& out);
  [[nodiscard]] static bool records_fit(const SendRecordsRead& read, const RecordsReply& reply);
  void reconcile(const KeyedRecord& own, FenceStamp own_fence, const KeyedRecord& theirs,
                 FenceStamp their_fence, ExchangeActions& out);
  void push_next(Instant now, ExchangeActions& out);

  Options options_;
  State state_ = State::Created;
  ExchangeReport report_;
  Instant deadline_;
  Instant timer_;                   // of the request, of the wait, or of the pushes
  std::optional<Request> request_;  // unanswered
  std::uint64_t operations_ = 0;
  OperationId awaited_;
  unsigned attempts_ = 0;

  TreeSpan span_;
  unsigned leaf_depth_ = 0;  // the smaller of both sides'
  unsigned depth_ = 0;       // of nodes_, or of those asked for
  unsigned parent_depth_ = 0;
  std::vector<std::uint32_t> nodes_;

  std::size_t next_leaf_ = 0;            // the first in nodes_ that is not listed yet
  std::vector<std::uint32_t> listing_;   // the leaves of the list at hand
  std::vector<KeyDigest> their_keys_;    // of it, so far
  std::vector<Token> differing_tokens_;  // of all lists
  std::size_t next_token_ = 0;           // the first of them that is not fetched yet
  std::optional<RecordsReply> fetched_;  // until our own records are there
  std::deque<Push> to_push_;             // what one fetch asks for at most
  std::set<OperationId> pushing_;
};

}  // namespace starling
