#pragma once

// OldCopyService: removes what this node has of partitions that are others' by now: records, Merkle
// leaves, and the notes of fillings that say that they are here. A few at a time, as the budget of
// background work allows. It keeps no books: what is to go is whatever the store has of partitions
// that this node stands nowhere in the row of, so a crash costs nothing but another look.
//
// Why nobody needs it: the row is settled without this node in a configuration that it has adopted
// durably, and it never goes back. So it is asked as a source no more, nor read; who took its slot
// over holds all that it held; and if it ever comes into the row again, it is filled like a node
// that has nothing (handoff/fill_need.h). Hence the notes go first: they say what is so no more.
//
// What a member that was given up has stays where it is: it may be what others lost.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "membership/boot_confirmation.h"
#include "node/chain_service.h"
#include "repair/background_budget.h"
#include "replica/replica_store.h"
#include "replica/store_identity.h"
#include "ring/slot.h"

namespace starling {

class OldCopyService {
 public:
  struct Neighbours {
    const ChainService& chain;
    const StoreIdentity& identity;
    const BootConfirmation& confirmation;
    ReplicaStore& store;
    StorageEngine& engine;
    BackgroundBudget& budget;
    NodeId self;
    Log& log;
    PlantedBug planted = PlantedBug::None;
  };
  // In one commit: a few milliseconds of the loop and of the disk.
  static constexpr std::uint32_t kEntriesAtOnce = 256;
  // Looks at partitions that have nothing, in one turn; some 20 µs each.
  static constexpr std::size_t kLooksAtOnce = 32;
  // What could not be read is tried again.
  static constexpr Duration kRetryPause = std::chrono::seconds(10);

  explicit OldCopyService(const Neighbours& neighbours) : neighbours_(neighbours) {}

  // Looks whether another configuration was adopted; asked after each event.
  void collect(Instant now);
  void on_committed(CommitTicket through, Instant now);
  // The engine lost what was queued.
  void on_store_reopened(Instant now);
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const { return wake_; }

  // Whether nothing is to be removed, as far as it can be read.
  [[nodiscard]] bool is_done() const { return waiting_.empty() && !under_way_.has_value(); }
  // Since the node was made.
  [[nodiscard]] std::uint64_t records_removed() const { return records_removed_; }

 private:
  [[nodiscard]] bool is_of_member() const;
  [[nodiscard]] bool may_work() const;
  [[nodiscard]] bool is_old(const SlotRow& row) const;
  // Whether the turn is over: a batch was queued, or the partition has to wait.
  [[nodiscard]] bool look_at(PartitionId partition, Instant now);
  // Ends the turn: what can not be read is tried again later.
  [[nodiscard]] bool leave_alone(PartitionId partition, const Status& failure, Instant now);
  // Erasures of the notes that the partition is here, in whole or in part.
  [[nodiscard]] Result<std::vector<StorageWrite>> notes_of(PartitionId partition) const;
  void tell();
  void set_wake(Instant now);

  Neighbours neighbours_;
  Epoch epoch_;  // of the configuration that waiting_ follows from
  std::set<PartitionId> waiting_;
  std::set<PartitionId> clean_;  // nothing is there, and this node is not in their rows
  std::map<PartitionId, Instant> unreadable_;  // until when they are left alone
  std::optional<CommitTicket> under_way_;      // a removal, or what it has to wait for
  Instant held_until_;
  std::uint64_t records_removed_ = 0;
  std::uint64_t records_told_ = 0;  // of those, in the log
  std::optional<Instant> wake_;
};

}  // namespace starling
