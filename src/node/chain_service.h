#pragma once

// ChainService: runs the epoch chain on this node: founds the cluster once all founders count,
// carries votes and configurations to the disk before anything follows from them, passes epochs on
// by gossip, and says when there is a newer ring to work by.
//
// The founders agree on the first configuration, all of them; each later one is decided by a
// majority of the voters that the one before it names. A node serves clients once it has adopted
// one. A cluster of one founds itself at its first start.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "membership/boot_confirmation.h"
#include "membership/chain_actions.h"
#include "membership/epoch_chain.h"
#include "membership/epoch_gossip.h"
#include "membership/peer_table.h"
#include "message/chain_messages.h"
#include "node/outbox.h"
#include "replica/store_identity.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "ring/succession.h"

namespace starling {

class ChainService {
 public:
  struct Neighbours {
    const ClusterConfig& founding;
    StorageEngine& storage;
    const PeerTable& peers;
    const BootConfirmation& confirmation;
    StoreIdentity& identity;
    Outbox& outbox;
    Log& log;
    PlantedBug planted = PlantedBug::None;
  };

  // `durable`: what read_chain() found.
  ChainService(const Neighbours& neighbours, EpochChain::Durable durable, Random random,
               Instant now);

  void on_peer_up(NodeId peer, Instant now);
  void on_letter(NodeId from, const ChainLetter& letter, Instant now);
  // A message of a node at `epoch`: if that is a later one, it is asked for its configuration.
  void on_epoch_seen(NodeId from, Epoch epoch, Instant now);
  void on_committed(CommitTicket through);
  // The engine lost what was queued: queues it once more.
  void on_store_reopened();
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  // Founds the cluster as soon as it can be: asked after each event.
  void collect(Instant now);

  // As EpochChain::propose(). TooLarge: no message could carry it.
  Status propose(const Configuration& after, const ProposalEvidence& evidence, Instant now);

  [[nodiscard]] bool is_proposing() const { return chain_.is_proposing(); }
  // Tells it which epoch this node has adopted.
  void announce(NodeId to);

  // nullptr before the first.
  [[nodiscard]] const Configuration* adopted() const { return chain_.adopted(); }
  // The ring of what was adopted since the last call; nullptr: nothing was.
  [[nodiscard]] std::shared_ptr<const Ring> take_ring();
  // Why this node takes no part in what is agreed, for people; empty: it does.
  [[nodiscard]] std::string explanation() const;
  void check_invariants() const { chain_.check_invariants(); }

 private:
  // On its way to the disk. Bounded by EpochAcceptor::kWaitingMax and one configuration an epoch.
  struct Pending {
    CommitTicket ticket;
    std::uint64_t number = 0;
    bool is_vote = false;
  };

  void perform(const ChainActions& actions);
  void perform(const PersistVote& action);
  void perform(const PersistConfiguration& action);
  void perform(const AdoptConfiguration& action);
  void alarm(const std::string& what);
  [[nodiscard]] Status check_letter(const ChainMessage& message) const;
  [[nodiscard]] bool may_found(Instant now);
  [[nodiscard]] std::string missing_founders() const;
  // The other members that are connected.
  [[nodiscard]] std::vector<NodeId> others() const;

  Neighbours neighbours_;
  EpochChain chain_;
  EpochGossip gossip_;
  Hash128 cluster_id_;  // for a cluster that this node founds
  std::deque<Pending> pending_;
  std::optional<PersistVote> last_vote_;  // what was to be written last
  std::optional<PersistConfiguration> last_configuration_;
  std::shared_ptr<const Ring> news_;
  std::optional<Instant> timer_;      // of the chain
  std::optional<Instant> may_found_;  // since when all founders count
  std::string last_alarm_;
};

// What the founders of a cluster share from then on. Only its id is drawn: the seed of the tokens
// and the key of the contexts follow from the founding list and the secret, as they did before
// there was a chain, so that a store of that time keeps its records where they are.
[[nodiscard]] FoundingDraw founding_draw(const ClusterConfig& founding, Hash128 cluster_id);

// A cluster of one founds itself here, where nobody else is asked: writes the first configuration
// with commit_now(). REQUIRES: nothing is queued in `engine`, and nothing was adopted.
// Errors: of the engine.
[[nodiscard]] Result<Configuration> found_alone(StorageEngine& engine, StoreIdentity& identity,
                                                const ClusterConfig& founding, Hash128 cluster_id);

}  // namespace starling
