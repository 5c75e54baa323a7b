#pragma once

// EpochChain: how the members agree on one configuration after the other, without a leader. The
// configuration of epoch e + 1 is decided by single-decree Paxos among the voters that the one of
// epoch e names; epoch 1 by all founders. Any member proposes; two that do so for one epoch get one
// of their configurations, and the other one plans again. (A log with a leader would do as well, at
// the price of the log; a register that is rewritten has to move its own acceptors.)
//
// A node votes only where it has adopted the predecessor, is named as a voter with the disk that it
// has, and its start is confirmed by the others. It adopts by making the document durable before it
// has any effect, and never goes back; it may skip epochs. Losing a majority of the voters stops
// changes of the configuration and nothing else.

#include <cstdint>
#include <optional>
#include <string>

#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/chain_actions.h"
#include "membership/epoch_acceptor.h"
#include "membership/epoch_proposer.h"
#include "message/chain_messages.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/succession.h"

namespace starling {

class EpochChain {
 public:
  struct Self {
    NodeId node;
    StoreId store;
    Incarnation incarnation;
    PlantedBug planted = PlantedBug::None;
  };
  // What was persisted last, each by itself.
  struct Durable {
    std::optional<Configuration> adopted;
    VoteRecord vote;
  };

  // `founding`: what this node was started with; of a node that joins later, which has no founders,
  // the name of the cluster and the number of partitions count.
  EpochChain(Self self, ClusterConfig founding, Durable durable, Random random,
             ProposerTimes times = {});
  // A running proposal refers to its chain.
  EpochChain(const EpochChain&) = delete;
  EpochChain& operator=(const EpochChain&) = delete;
  EpochChain(EpochChain&&) = delete;
  EpochChain& operator=(EpochChain&&) = delete;
  ~EpochChain() = default;

  // Whether the others have confirmed this start (membership/boot_confirmation.h); false at first.
  void set_counting(bool counting) { counting_ = counting; }

  // Proposes epoch 1. Failure: this node is no founder, or has adopted a configuration.
  Status found(const FoundingDraw& draw, Instant now, ChainActions& out);
  // Proposes what follows the adopted configuration; ends with ProposalEnded, in this process only.
  // The same proposal again changes nothing. Failure: it does not follow, or a guard is not met
  // (nothing was sent). Overloaded: another proposal of this node is under way.
  Status propose(const Configuration& after, const ProposalEvidence& evidence, Instant now,
                 ChainActions& out);
  // Gives an own proposal up. It may be decided all the same.
  void withdraw();

  void on_message(NodeId from, const ChainMessage& message, Instant now, ChainActions& out);
  void on_timer(Instant now, ChainActions& out);
  void on_vote_persisted(std::uint64_t number, ChainActions& out);
  void on_configuration_persisted(std::uint64_t number, ChainActions& out);

  // nullptr before the first.
  [[nodiscard]] const Configuration* adopted() const;
  [[nodiscard]] Epoch adopted_epoch() const;
  [[nodiscard]] bool is_proposing() const { return proposal_.has_value(); }
  void check_invariants() const;

 private:
  void on(NodeId from, const ChainPrepare& prepare, Instant now, ChainActions& out);
  void on(NodeId from, const ChainPromise& promise, Instant now, ChainActions& out);
  void on(NodeId from, const ChainAccept& accept, Instant now, ChainActions& out);
  void on(NodeId from, const ChainAccepted& accepted, Instant now, ChainActions& out);
  void on(NodeId from, const ChainReject& reject, Instant now, ChainActions& out);
  void on(NodeId from, const ChainDecided& decided, Instant now, ChainActions& out);
  void on(NodeId from, const ChainFetch& fetch, Instant now, ChainActions& out);

  [[nodiscard]] Epoch next_epoch() const;
  [[nodiscard]] bool may_vote() const;
  [[nodiscard]] EpochProposer::Electorate electorate() const;
  // Whether this node and the sender are about to decide the same epoch; if not, whoever is behind
  // is helped.
  bool is_at(NodeId from, Epoch epoch, ChainActions& out) const;
  [[nodiscard]] Status check_value(const ChainValue& value) const;
  void learn(const std::string& bytes, ChainActions& out);
  [[nodiscard]] Status check_joined(const Configuration& configuration) const;
  [[nodiscard]] Status check_learned(const Configuration& configuration) const;

  // An own proposal; in epoch 1 nobody knows yet what it will be.
  struct Proposal {
    Epoch epoch;
    std::optional<Hash128> digest;
  };
  struct Pending {
    std::uint64_t number = 0;
    Configuration configuration;
  };

  Self self_;
  ClusterConfig founding_;
  std::optional<Configuration> adopted_;
  EpochAcceptor acceptor_;
  EpochProposer proposer_;
  std::optional<Proposal> proposal_;
  std::optional<Pending> pending_;  // on its way to the disk
  std::uint64_t persisted_ = 0;     // the number of the last PersistConfiguration
  bool counting_ = false;
};

}  // namespace starling
