#pragma once

// HintStore: the hints of this node, in its store (table 4) and in the ledger that goes with them.
// A hint counts from its commit on; one that is erased leaves the ledger when that is durable, so
// that the ledger never knows of less than the disk. It knows nothing of homes and peers.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "starling/result.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "handoff/hint.h"
#include "handoff/hint_ledger.h"

namespace starling {

class HintStore {
 public:
  struct Options {
    HintLedger::Options ledger;
    CommitDemand ordinary_demand = CommitDemand::Synced;
    // Damage is mended, and a closed store opened: what could not be read is tried again.
    Duration retry_pause = std::chrono::seconds(5);
  };
  struct Kept {
    HintKey key;
    CommitTicket ticket;
  };

  HintStore(StorageEngine& engine, Log& log, const Options& options);

  // Begins anew with what the store holds in these partitions.
  void load(std::uint32_t partitions, Instant now);
  // False: some partition's hints could not be read yet; none is taken for it meanwhile.
  [[nodiscard]] bool complete() const { return unread_.empty(); }
  // Tries those again when it is time; whether more hints are known now.
  bool on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const { return retry_at_; }

  // Errors: Overloaded  the hints take all the room that they may.
  //         Corruption  its partition's hints can not be read. Nothing was done.
  [[nodiscard]] Result<Kept> keep(const HintSlot& slot, const Hint& hint, bool must_sync);
  // To another place of its partition, in one write that needs no more room than there is.
  // Nothing: it is being erased, or can not be read, or its partition can not. It stays.
  [[nodiscard]] std::optional<HintKey> move(const HintKey& key, std::uint8_t slot);
  // Nothing: there is none, or it can not be read.
  [[nodiscard]] std::optional<Hint> read(const HintKey& key) const;
  void erase(const HintKey& key);
  void on_committed(CommitTicket through);

  [[nodiscard]] const HintLedger& ledger() const { return ledger_; }
  void check_invariants() const;

 private:
  struct Writing {
    CommitTicket ticket;
    std::string bytes;
  };

  // Whether all of the partition's hints could be read.
  [[nodiscard]] bool load_partition(PartitionId partition);
  void restore(const HintKey& key, std::string_view store_key, std::string_view bytes);
  void retry_later(Instant now);

  StorageEngine& engine_;
  Log& log_;
  Options options_;
  HintLedger ledger_;
  // Not through yet: the engine need not show them. Bounded by its queue.
  std::map<HintKey, Writing> writing_;
  std::deque<std::pair<CommitTicket, HintKey>> written_;  // the same, oldest first
  std::deque<std::pair<CommitTicket, HintKey>> erasures_;
  std::set<HintKey> erasing_;
  std::set<PartitionId> unread_;
  std::optional<Instant> retry_at_;
};

}  // namespace starling
