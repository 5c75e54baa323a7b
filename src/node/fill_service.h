#pragma once

// FillService: fills this node's new slots: reads the partitions that it needs from the other nodes
// of their rows (handoff/fill_need.h), page by page, merges them, and remembers durably how far it
// is. What is complete is a fact that a proposal of the next step carries.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "handoff/fill_need.h"
#include "handoff/fill_stream.h"
#include "membership/boot_confirmation.h"
#include "membership/peer_table.h"
#include "message/fill_messages.h"
#include "node/chain_service.h"
#include "node/current_ring.h"
#include "node/outbox.h"
#include "repair/background_budget.h"
#include "replica/replica_store.h"
#include "replica/store_identity.h"
#include "ring/succession.h"

namespace starling {

class FillService {
 public:
  struct Neighbours {
    const ChainService& chain;
    const CurrentRing& ring;
    const StoreIdentity& identity;
    const BootConfirmation& confirmation;
    const PeerTable& peers;
    ReplicaStore& store;
    StorageEngine& engine;
    BackgroundBudget& budget;
    Outbox& outbox;
    Log& log;
  };
  struct Options {
    FillStream::Times times = {};
    // Streams in which a page is asked for or being stored.
    std::size_t incoming_max = 2;
    std::uint32_t tokens_max = 128;     // a page; > 0
    std::uint64_t first_operation = 0;  // ids count up from there, where no other process's did
    PlantedBug planted = PlantedBug::None;
  };
  // For people and metrics; since the node was made.
  struct Totals {
    std::uint64_t pages = 0;
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t completed = 0;
  };

  FillService(const Neighbours& neighbours, const Options& options);

  // What the store remembers of earlier processes. To be called once, before all others.
  void load();
  void on_page(NodeId from, const FillPage& page, Instant now);
  void on_committed(CommitTicket through, Instant now);
  // The engine lost what was queued.
  void on_store_reopened(Instant now);
  // Looks whether another configuration was adopted; asked after each event.
  void collect(Instant now);
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const { return wake_; }

  // The facts of this node: complete and durable.
  [[nodiscard]] std::vector<StoreFilling> fillings() const;
  // Of all that the slots of this node need.
  [[nodiscard]] std::vector<FillProgress> progress() const;
  [[nodiscard]] const Totals& totals() const { return totals_; }
  void check_invariants() const;

 private:
  using Key = std::pair<PartitionId, NodeId>;  // and the source
  struct Stored {
    CommitTicket ticket;
    Key key;
  };

  void look_at_configuration(Instant now);
  // Begins the stream, or goes on where the store says.
  void take_up(const FillNeed& need, Instant now);
  void ask(Instant now);
  void ask(const Key& key, FillStream& stream, Instant now);
  [[nodiscard]] bool is_sound(const FillStream& stream, const FillPage& page) const;
  void store(const Key& key, FillStream& stream, const FillPage& page, Instant now);
  // False: some record could not be merged.
  // Returns how many of the page's records, from the first one on, are merged now.
  std::size_t merge(PartitionId partition, const FillPage& page);
  void note_refusal(const Key& key, const FillStream& stream, FillOutcome outcome);
  void set_wake(Instant now);
  [[nodiscard]] std::size_t active() const;

  Neighbours neighbours_;
  Options options_;
  std::uint64_t next_operation_;
  Epoch epoch_;  // of the configuration whose needs are in streams_
  // Of the needs, at most one a source of each unsettled row of this node.
  std::map<Key, FillStream> streams_;
  std::map<Key, FillProgress> recalled_;  // of earlier processes, until a configuration is known
  std::deque<Stored> stored_;             // one for each stream that is Storing
  std::optional<Instant> wake_;
  Totals totals_;
};

}  // namespace starling
