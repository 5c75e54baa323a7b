#pragma once

// ChainCluster: a cluster of EpochChains under faults drawn from a seed: messages are lost, doubled
// and overtake each other, disks take their time, nodes crash and come back with what was durable.
// It watches that no epoch has two configurations and that nobody goes back.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/chain_actions.h"
#include "membership/epoch_chain.h"
#include "message/chain_messages.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"

namespace starling {

class ChainCluster {
 public:
  struct Faults {
    std::uint64_t lost_ppm = 0;
    std::uint64_t doubled_ppm = 0;
    std::uint64_t crash_ppm = 0;  // a step
  };

  ChainCluster(std::size_t nodes, std::uint64_t seed, Faults faults);

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  // nullptr while it is down.
  [[nodiscard]] EpochChain* chain(std::size_t node) { return nodes_[node].chain.get(); }
  void found(std::size_t node);
  // Its next configuration: the weight of one member is another one. False: it can not propose now.
  bool propose(std::size_t node);
  void crash(std::size_t node);
  void start(std::size_t node);
  // With an empty disk, known by another id.
  void wipe(std::size_t node);
  void set_faults(Faults faults) { faults_ = faults; }

  // One event: a message, a disk, a timer or a fault.
  void step();
  // Until every node that is up has adopted the same epoch, and is not proposing; at most `steps`.
  bool settles(std::size_t steps);

  [[nodiscard]] Epoch highest_epoch() const;
  [[nodiscard]] std::size_t ended(ProposalOutcome outcome) const;
  // What went wrong, or empty.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  [[nodiscard]] std::size_t alarms() const { return alarms_; }

 private:
  struct Write {
    bool is_vote = false;
    std::uint64_t number = 0;
    VoteRecord vote;
    std::string configuration;
  };
  struct Node {
    std::unique_ptr<EpochChain> chain;
    EpochChain::Durable durable;
    std::vector<Write> disk;  // in order
    std::vector<Instant> timers;
    StoreId store;
    std::uint64_t starts = 0;
  };
  struct Mail {
    std::size_t from = 0;
    std::size_t to = 0;
    ChainMessage message;
  };

  void perform(std::size_t node, ChainActions& actions);
  void adopted(std::size_t node, const Configuration& configuration);
  void deliver();
  void finish_write(std::size_t node);
  void fire_timers();
  [[nodiscard]] bool is_settled() const;

  ClusterConfig founding_;
  Random random_;
  Faults faults_;
  Instant now_{};
  std::vector<Node> nodes_;
  std::vector<Mail> mail_;
  std::map<Epoch, Hash128> decided_;
  std::map<std::size_t, Epoch> newest_;  // that each node adopted, over all its starts
  std::map<ProposalOutcome, std::size_t> ended_;
  std::string violation_;
  std::size_t alarms_ = 0;
};

}  // namespace starling
