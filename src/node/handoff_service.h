#pragma once

// HandoffService: what this node keeps for homes that are away (Dynamo, section 4.6). It takes
// hints as a stand-in or as a holder of best effort, keeps notes of its own writes, and brings all
// of it home from the moment the home can be reached. What a home does with a hint is
// ReplicaService's affair.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "handoff/hint.h"
#include "handoff/hint_delivery.h"
#include "handoff/hint_ledger.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/cluster_view.h"
#include "node/hint_store.h"
#include "node/outbox.h"
#include "node/replica_service.h"
#include "replica/replica_store.h"

namespace starling {

class HandoffService {
 public:
  struct Options {
    HintStore::Options hints;
    PlantedBug planted = PlantedBug::None;
  };
  struct Neighbours {
    const ClusterView& cluster;
    ReplicaStore& store;
    ReplicaService& replica;
    Outbox& outbox;
    StorageEngine& engine;
    Log& log;
  };

  // `random` draws the first of the operation ids, so that no late answer meets one of them.
  HandoffService(const Neighbours& neighbours, const Options& options, Random random);

  // Reads what is kept: at the start, and when the store was opened again.
  void load(Instant now);

  // Another node asks to keep a write for a home of its key.
  void on_write(NodeId from, const HintWrite& write, Instant now);
  // This node minted it, and nobody else could keep it for `home`: its own record will be brought.
  void note(PartitionId partition, NodeId home, const KeyAddress& address, Instant now);
  void on_handoff_reply(NodeId from, const HintHandoffReply& reply, Instant now);
  // What is still to be brought home, and to whom.
  [[nodiscard]] WorkCensusReply census(Instant now);

  // Begins with the homes that can be reached now, and ends with those that can not.
  void collect(Instant now);
  void on_committed(CommitTicket through) { hints_.on_committed(through); }
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  [[nodiscard]] const HintLedger& ledger() const { return hints_.ledger(); }
  void check_invariants() const;

 private:
  // One home with hints, and how it gets them.
  struct Home {
    explicit Home(const HintDelivery::Options& options) : delivery(options) {}
    HintDelivery delivery;
    std::set<HintSlot> slots;  // with hints, or that had some since this node kept none at all
    bool up = false;
    std::optional<Instant> timer;
    std::uint64_t delivered = 0;
    Instant up_since;
    std::uint64_t delivered_since_up = 0;
  };

  // How long it may take until the home has all, by what it took since it is up.
  [[nodiscard]] static std::optional<std::uint32_t> eta_of(const Home& home, std::uint64_t pending,
                                                           Instant now);

  void forget_homes();
  // Sorts the hints by who owns their slots now.
  void regroup();
  [[nodiscard]] Home& home_of(NodeId node);
  void note_kept(const HintSlot& slot, Instant now);
  // A hint at a place, and what follows for the node that stands there.
  struct Gain {
    NodeId node;
    HintActions actions;
  };
  [[nodiscard]] Gain gain(const HintSlot& slot, Instant now);
  [[nodiscard]] std::optional<ReplicaOutcome> refusal(const HintWrite& write) const;
  // Whether it waits at another place of its slot now, in place of this one.
  [[nodiscard]] bool pass_on(const HintKey& key, std::uint8_t place);
  void perform(NodeId node, Home& home, HintActions actions, Instant now);
  // Returns the places that got a hint by it.
  [[nodiscard]] std::vector<HintSlot> perform_at(NodeId node, Home& home, HintActions actions,
                                                 Instant now);
  void read_noted(const ReadNotedRecord& noted, Home& home, Instant now, HintActions& out);
  void send(NodeId node, Home& home, SendHint hint, Instant now, HintActions& out);
  void report_stuck(const HintKey& key);

  Neighbours neighbours_;
  PlantedBug planted_;
  HintStore hints_;
  std::uint64_t next_operation_;
  std::map<NodeId, Home> homes_;  // at most one a member
  Epoch grouped_at_;              // the ring that `homes_` was made from
  std::uint64_t stuck_told_ = 0;
  // The commit that the record of the note at hand waits for.
  std::optional<HintStore::Kept> noted_;
};

}  // namespace starling
