#pragma once

// ReplicaStore: what one replica holds, and the only place where records change. It reads and mints
// on the caller's loop, on the newest state (queued writes included); the engine only commits.
// Every result names the commit that must be through before an answer may leave the node. It knows
// nothing of rows, quorums and peers. Source: Dynamo, section 4.4, with the minting rules of
// version/minter.h.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "message/store_condition.h"
#include "repair/merkle_leaf.h"
#include "replica/damage_ledger.h"
#include "replica/key_layout.h"
#include "replica/merkle_trees.h"
#include "replica/record_cache.h"
#include "replica/record_walk.h"
#include "version/minter.h"
#include "version/sibling_set.h"

namespace starling {

// What a refused writer is told to wait: the disk writes some megabytes in it.
inline constexpr std::chrono::milliseconds kDiskRetry{100};

// What a lane writes at once, more or less: with that much queued it has the next batch ready, and
// a longer queue gains nothing but waiting.
inline constexpr std::uint64_t kLargeQueuedBytesMax = 1U << 20U;
inline constexpr std::size_t kSmallValueBytes = 64U << 10U;

struct ReplicaStoreOptions {
  // Synced under --durability sync, else Written.
  CommitDemand ordinary_demand = CommitDemand::Synced;
  // 64 MiB hold some 100 000 small records: a working set, on the smallest machine that is
  // sensible.
  std::size_t cache_bytes_max = 64U << 20U;
  // About a second of a slow disk; more would only add waiting.
  std::uint64_t queued_bytes_max = 64U << 20U;
  // From here on new writes of clients should be refused; what others merge goes on.
  std::uint64_t client_queued_bytes_max = 56U << 20U;
  // A key that holds more is written without being read: somebody must resolve it first. Checked at
  // the mint only. A put that resolves a sibling may exceed the bytes by one value; so what one
  // minter makes always fits a message (kRecordBytesMax), what several make of it need not.
  std::uint32_t siblings_max = 64;
  std::size_t sibling_bytes_max = 16U << 20U;
  MerkleTreesOptions trees = {};
  PlantedBug planted = PlantedBug::None;
};

// Things that should not happen, for metrics and for the simulator's checkers.
struct ReplicaStoreCounters {
  std::uint64_t dot_collisions = 0;  // one dot, two values: uniqueness is broken somewhere
  std::uint64_t surprises = 0;       // this process had lost what it minted
  std::uint64_t corruptions = 0;     // reads that met damaged bytes
};

class ReplicaStore {
 public:
  struct View {
    const SiblingSet* versions = nullptr;  // never nullptr; empty: absent. Until the next call
    CommitTicket durable_at;               // 0: durable already
    FenceStamp fence;
  };

  struct MintOutcome {
    Minted minted;
    CommitTicket ticket;
    std::uint32_t live_siblings = 0;
    FenceStamp fence;
  };

  // The records of one bucket in one partition behind `after`, bounded three times.
  struct ScanQuery {
    PartitionId partition;
    std::string bucket;
    std::string prefix;
    std::optional<RecordKey> after = std::nullopt;
    std::uint32_t visited_max = 0;  // > 0
    std::uint32_t matched_max = 0;  // > 0
    // > 0. Of keys and versions; the record that passes it is the last of the answer. Far less than
    // a message may hold, whatever that last one adds.
    std::size_t bytes_max = std::size_t{4} << 20U;
  };
  struct ScanOutcome {
    std::vector<ScanEntry> entries;
    std::optional<KeyAddress> stopped_at;  // as in ScanRangeReply
    CommitTicket durable_at;
  };

  // The sum of visible_digest over one partition, made in steps so that the loop stays free.
  struct DigestWork {
    PartitionId partition;
    Hash128 sum;
    std::string next;  // store key to go on from; empty: at the beginning
    bool finished = false;
    CommitTicket durable_at;
  };

  // `random` draws the incarnations that follow a loss.
  ReplicaStore(StorageEngine& engine, Log& log, Minter minter, Random random,
               ReplicaStoreOptions options);

  // Absent is the empty set.
  // Errors: Corruption  it can not be read; that is no answer. DiskFull: nor is a closed store.
  [[nodiscard]] Result<View> read(const RecordAddress& record);

  // Joins `incoming` to what is stored. The ticket is that of the commit which the merged state
  // waits for: 0 when nothing changed and it is durable (and synced, if `must_sync`). Errors:
  // Corruption  the stored record can not be read. Nothing was done.
  //         Overloaded  too much is queued. Nothing was done.
  //         DiskFull    the store is full. Nothing was done.
  //         Failure     one dot stands for two values. Nothing was done, and this replica mints no
  //         more.
  [[nodiscard]] Result<CommitTicket> merge(const RecordAddress& record, const SiblingSet& incoming,
                                           bool must_sync);

  // Mints the put's write at this replica, on the newest record. Synced when the put asks
  // for synced copies. Errors: TooManySiblings, Overloaded, Corruption, DiskFull (the store is
  // tight, and this is no delete; or it is full), Unavailable (minting has stopped). Nothing was
  // minted.
  [[nodiscard]] Result<MintOutcome> mint(const RecordAddress& record, PutCommand&& put);

  // What became of a record that could not be read.
  enum class Mended : std::uint8_t { Rewritten, NothingToPut };

  // Puts `versions`, which all other replicas hold together, in the place of a record that can not
  // be read; one that can be read after all is merged with them and written anew. Synced. The last
  // dot minted here is forgotten with the damaged record, and a new incarnation begins. With empty
  // `versions` nothing is done: a damaged record must not become an absent one.
  // REQUIRES: no request is under way that may count an acknowledgement of the damaged record.
  // Errors: Overloaded, DiskFull, Failure (one dot stands for two values). Nothing was done.
  [[nodiscard]] Result<Mended> mend(const RecordKey& record, const SiblingSet& versions);
  // The records that were found damaged since the last call, by store key.
  [[nodiscard]] std::vector<std::string> take_damaged_records() {
    return damage_.take_new_records();
  }
  // Nobody needs this record here any more.
  void forget_damage(const RecordKey& record);
  // What can not be read. When it is full, this store should serve no more.
  [[nodiscard]] const DamageLedger& damage() const { return damage_; }

  // As StorageEngine::timing_of.
  [[nodiscard]] std::optional<CommitTiming> timing_of(CommitTicket ticket) const {
    return engine_.timing_of(ticket);
  }

  // Whether what is queued leaves room for a write that nobody has accepted yet. Commits are
  // written in order: a large value waits until little is before it, so that small ones never stand
  // behind many large.
  [[nodiscard]] bool has_room_for_clients(std::size_t value_bytes) const {
    const bool large = value_bytes > kSmallValueBytes;
    return engine_.queued_bytes() <
           (large ? std::min(options_.client_queued_bytes_max, kLargeQueuedBytesMax)
                  : options_.client_queued_bytes_max);
  }

  // All commits up to `through` are durable as demanded.
  void on_committed(CommitTicket through);

  // How much room there is from now on.
  void set_condition(StoreCondition condition) { condition_ = condition; }
  [[nodiscard]] StoreCondition condition() const { return condition_; }
  // The engine lost what was not through, or was opened again: what is read next comes from it. The
  // next mint begins a new incarnation, for what this process minted may be gone without a trace.
  void forget_uncommitted();

  // The incarnation that the next mint continues; after a loss it differs from the one that the
  // process announced at its start.
  [[nodiscard]] Incarnation incarnation() const { return minter_.incarnation(); }
  void start_incarnation(Incarnation incarnation) { minter_.start_incarnation(incarnation); }

  // Errors: Corruption  a record could not be read; there is no partial answer.
  [[nodiscard]] Result<ScanOutcome> scan(const ScanQuery& query);
  // Goes on with `work` over at most `records_max` more records.
  // Errors: Corruption  as above; the work is worth nothing.
  [[nodiscard]] Status advance_digest(DigestWork& work, std::uint32_t records_max);

  // The sums over the records, kept up with each write.
  [[nodiscard]] MerkleTrees& trees() { return trees_; }
  [[nodiscard]] const MerkleTrees& trees() const { return trees_; }
  // Builds the trees that are not there yet, about `records_max` records further.
  void work_on_trees(std::uint32_t records_max);
  // Visits all records with these tokens, overlay included; values may be left
  // out. Records that can not be read are noted, counted in `unreadable` and passed over. Errors:
  // Corruption  some could not even be reached. DiskFull: the store is closed.
  [[nodiscard]] Status visit_tokens(PartitionId partition, const TokenRange& range,
                                    const RecordVisitor& visit, std::uint32_t& unreadable);

  // What the store has of a partition that this node stores no more.
  struct OldCopy {
    std::vector<std::string> store_keys;  // of records, and behind them of leaves; the first ones
    std::uint32_t records = 0;            // how many of those are of records
    std::uint64_t bytes = 0;              // of the keys
    bool is_pending = false;  // writes of it are on their way to the disk: there may be more
  };
  // Errors: Corruption  it can not be read. DiskFull: the store is closed.
  [[nodiscard]] Result<OldCopy> find_old_copy(PartitionId partition, std::uint32_t entries_max);
  // In one batch with `along`; from now on its records are absent. REQUIRES: nothing is pending.
  CommitTicket remove_old_copy(const OldCopy& copy, std::vector<StorageWrite> along);

  [[nodiscard]] bool is_minting_stopped() const { return counters_.dot_collisions > 0; }
  [[nodiscard]] const ReplicaStoreCounters& counters() const { return counters_; }
  [[nodiscard]] const RecordCache& cache() const { return cache_; }
  void check_invariants() const { cache_.check_invariants(); }

 private:
  using Entry = RecordCache::Entry;

  [[nodiscard]] Result<Entry*> load(const RecordAddress& record);
  [[nodiscard]] Result<StoredRecord> fetch(std::string_view store_key, CommitDemand& satisfied);
  void note_damaged_record(std::string_view store_key, const Status& status);
  void note_damaged_walk(const WalkStop& stop, const Status& status);
  void tell_damage(const std::string& place, const Status& status);
  void start_fresh_incarnation(std::string_view reason);
  [[nodiscard]] Status check_queue() const;
  [[nodiscard]] Status check_room(SiblingKind kind) const;
  [[nodiscard]] Status check_sibling_limits(const SiblingSet& stored, const PutCommand& put) const;
  // What a record adds to its leaf.
  // Of a record as it stands in the cache, before it is changed.
  [[nodiscard]] Hash128 contribution_of(const RecordAddress& record, Entry& entry) const;
  [[nodiscard]] Hash128 contribution_of(const RecordAddress& record,
                                        const SiblingSet& versions) const;
  // `before`: what the record added to its leaf until now.
  CommitTicket commit(const RecordAddress& record, Entry& entry, const Hash128& before,
                      CommitDemand demand);
  [[nodiscard]] Result<CommitTicket> refuse_collision(const RecordAddress& record);

  StorageEngine& engine_;
  Log& log_;
  Minter minter_;
  Random random_;
  ReplicaStoreOptions options_;
  RecordCache cache_;
  ReplicaStoreCounters counters_;
  StoreCondition condition_ = StoreCondition::Roomy;
  DamageLedger damage_;
  MerkleTrees trees_;
  bool lost_something_ = false;  // a store error since the last mint
};

}  // namespace starling
