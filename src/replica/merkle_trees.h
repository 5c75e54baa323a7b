#pragma once

// MerkleTrees: the trees of all partitions of one store. Each write of a record brings the new sum
// of its leaf into the same batch, so that the sums say after a crash what should be there. They
// are read back at the start; a partition that has none yet, or whose tree is outgrown or damaged,
// gets a new one from its records, step by step, while writes go on. Source: repair/README.md.
//
//   Unread    -> Sound     its leaves were read back
//   Unread    -> Building  it has none, or they can not be read or trusted
//   Building  -> Sound     all records were read
//   Building  -> Blocked   some could not even be reached: from the beginning, at the next retry
//   Sound     -> Sound     with more leaves: the tree in force serves until the new one is built
//   any       -> Unread    forget(): the store lost what was not through

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "env/storage_engine.h"
#include "repair/merkle_build.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"
#include "ring/token.h"

namespace starling {

struct MerkleTreesOptions {
  unsigned partition_bits = 0;  // log2 of the number of partitions
  std::uint64_t seed = 0;       // the cluster's secret, the same at all replicas
  // Of what a step of building writes.
  CommitDemand demand = CommitDemand::Synced;
  // A power loss may have taken writes and left later ones: the sums are made anew at the start.
  bool distrusts_stored = false;
  // What all trees together may take in memory: 1024 partitions of up to 260 000 keys.
  std::size_t bytes_max = std::size_t{128} << 20U;
};

class MerkleTrees {
 public:
  // Visits the records of these tokens in their order, overlay included, until `visit` returns
  // false: token and contribution. Records that can not be read are passed over, and noted.
  // Errors: some could not even be reached; what was visited is not all.
  using Visitor = std::function<bool(Token token, const Hash128& contribution)>;
  using RecordReader =
      std::function<Status(PartitionId partition, const TokenRange& range, const Visitor& visit)>;

  MerkleTrees(StorageEngine& engine, Log& log, const MerkleTreesOptions& options);

  // Of a node that was joined: its cluster's seed, which it could not know. The store is empty
  // until then, and so are the trees. To be told before set_partitions().
  void use_seed(std::uint64_t seed) { options_.seed = seed; }
  // The partitions that have trees from now on; ascending. Of all others nothing is kept. To be
  // told before anything is written under the ring that says so. What the store has of a partition
  // is believed at the first call only: of one that comes later nobody kept up the sums.
  void set_partitions(const std::vector<PartitionId>& partitions);
  [[nodiscard]] bool covers(PartitionId partition) const { return slots_.contains(partition); }
  [[nodiscard]] TreeSpan span_of(PartitionId partition) const;
  [[nodiscard]] std::uint64_t seed() const { return options_.seed; }

  // A record is about to be written, in `batch`: adds what the trees need to it. `before` and
  // `after` are what the record adds to its leaf.
  void on_write(PartitionId partition, Token token, const Hash128& before, const Hash128& after,
                std::vector<StorageWrite>& batch);
  // What a record added to its leaf before is not known for sure: the leaf is summed up anew, by
  // work(). To be told before on_write(), whose batch takes the word along that until then what is
  // stored of the tree is not to be believed.
  void doubt(PartitionId partition, Token token);

  // The tree in force; nullptr: there is none yet, or the partition is not this node's.
  [[nodiscard]] const MerkleTree* find(PartitionId partition);

  // Reads back, builds and sums up again what waits for it: about `records_max` records, then it
  // commits what it made.
  [[nodiscard]] bool has_work() const { return !waiting_.empty() || !doubtful_.empty(); }
  void work(const RecordReader& read, std::uint32_t records_max);
  // What was blocked is tried again.
  void retry();
  // A leaf was read from the records and is this (scrub.h): corrected in memory and in the store.
  void correct(PartitionId partition, std::uint32_t leaf, const LeafSum& sum);

  // The store lost what was not through, or was opened again.
  void forget();

  // Sums up whole trees; for tests.
  void check_invariants() const;

 private:
  enum class State : std::uint8_t { Unread, Building, Blocked, Sound };
  struct Slot {
    State state = State::Unread;
    std::optional<MerkleTree> tree;    // in force
    std::optional<MerkleBuild> build;  // of the first one, or of one with more leaves
    // Of an earlier attempt there may be leaves that the engine does not show yet.
    bool begun_before = false;
  };

  void load(PartitionId partition, Slot& slot);
  [[nodiscard]] Status restore(PartitionId partition, Slot& slot);
  // One range of one build. Returns how many records it took.
  std::uint32_t build(PartitionId partition, Slot& slot, const RecordReader& read,
                      std::uint32_t records_max, std::vector<StorageWrite>& batch);
  void begin_again(PartitionId partition, Slot& slot, unsigned depth);
  void write_range(const Slot& slot, std::uint32_t first, std::uint32_t last,
                   std::vector<StorageWrite>& batch);
  void install(PartitionId partition, Slot& slot, std::vector<StorageWrite>& batch);
  void erase_leaves(PartitionId partition, unsigned depth, std::vector<StorageWrite>& batch);
  void settle_doubt(PartitionId partition, Token token, const RecordReader& read,
                    std::vector<StorageWrite>& batch);
  [[nodiscard]] bool is_doubted(PartitionId partition) const;
  // The entry that lets the tree in force be believed at the next start.
  [[nodiscard]] static StorageWrite belief_in(PartitionId partition, const MerkleTree& tree);
  [[nodiscard]] unsigned depth_max() const;

  StorageEngine& engine_;
  Log& log_;
  MerkleTreesOptions options_;
  std::map<PartitionId, Slot> slots_;
  std::set<PartitionId> waiting_;  // Unread, or with a build
  bool knows_partitions_ = false;
  std::set<PartitionId> dropped_;  // or came later: what the store has of them is of the past
  // Leaves, by any token of theirs: at most one a damaged place of the store.
  std::set<std::pair<PartitionId, Token>> doubtful_;
  std::set<std::pair<PartitionId, Token>> deferred_;  // doubtful, until the next retry
};

// The sum of a leaf as its entry in the store.
[[nodiscard]] StorageWrite leaf_write(const MerkleTree& tree, std::uint32_t leaf);

}  // namespace starling
