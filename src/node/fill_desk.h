#pragma once

// FillDesk: this node as the source of fillings. It answers with all that it holds of a partition,
// page by page, and keeps nothing between two questions but whom it answered lately. It answers
// only at a row version that it has adopted durably, for a slot that it is read for, and once its
// store counts: what a sink makes of the pages is a fact that other members rely on.

#include <cstddef>
#include <map>
#include <utility>

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "membership/boot_confirmation.h"
#include "message/fill_messages.h"
#include "node/chain_service.h"
#include "node/outbox.h"
#include "node/replica_service.h"
#include "repair/background_budget.h"
#include "replica/replica_store.h"
#include "replica/store_identity.h"

namespace starling {

// What a page costs a node, as reads of its store: records that are neighbours lie in one block.
[[nodiscard]] std::uint64_t reads_of_page(std::size_t records);

class FillDesk {
 public:
  struct Neighbours {
    const ChainService& chain;
    const StoreIdentity& identity;
    const BootConfirmation& confirmation;
    ReplicaStore& store;
    ReplicaService& replica;
    BackgroundBudget& budget;
    Outbox& outbox;
    Log& log;
    // Streams that are answered at a time; whoever comes beyond is told to come again.
    std::size_t outgoing_max = 2;
    PlantedBug planted = PlantedBug::None;
  };
  // A sink that asked no more for so long has gone.
  static constexpr Duration kStreamIdleMax = std::chrono::seconds(5);
  // A record weighs some ten microseconds: a page takes a few milliseconds of the loop.
  static constexpr std::uint32_t kTokensAtOnce = 128;

  explicit FillDesk(const Neighbours& neighbours) : neighbours_(neighbours) {}

  void on_read(NodeId from, const FillRead& read, Instant now);

 private:
  using Stream = std::pair<NodeId, PartitionId>;

  // Page: it may answer.
  [[nodiscard]] FillOutcome standing(const FillRead& read) const;
  [[nodiscard]] bool is_read_for(PartitionId partition) const;
  // Whether there is room for the stream, which is noted then.
  [[nodiscard]] bool admit(const Stream& stream, Instant now);
  // False: a record is damaged.
  [[nodiscard]] bool fill_in(FillPage& page, const FillRead& read, CommitTicket& durable_at);

  Neighbours neighbours_;
  std::map<Stream, Instant> streams_;  // at most outgoing_max; when each was answered last
};

}  // namespace starling
