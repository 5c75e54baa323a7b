#pragma once

// Succession: whether one configuration may follow another, as the proposer and every voter check
// it, and the first one of all. Each row takes one step at most, and each step's guard is met by
// facts that travel with the proposal: a voter need not find them out again, and a proposer that
// invents some is a bug of ours, not an attack (members are not Byzantine).

#include <cstddef>
#include <cstdint>
#include <vector>

#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/mac.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/slot.h"
#include "ring/slot_step.h"

namespace starling {

// Facts are bound to the disk on which they are durable.
struct StoreAdoption {
  StoreId store;
  Adoption adoption;
  friend bool operator==(const StoreAdoption&, const StoreAdoption&) = default;
};
struct StoreFilling {
  PartitionId partition;
  StoreId sink_store;
  StoreId source_store;
  Filling filling;
  friend bool operator==(const StoreFilling&, const StoreFilling&) = default;
};

struct ProposalEvidence {
  std::vector<StoreAdoption> adoptions;
  std::vector<StoreFilling> fillings;
  std::vector<PartitionId> losses_accepted;  // an operator's decision, named by partition
  friend bool operator==(const ProposalEvidence&, const ProposalEvidence&) = default;
};

// The evidence as guards see it: what is durable on the disks that the members have. A new disk has
// promised nothing.
class ProposalFacts {
 public:
  // `configuration`: the one that names the disks.
  ProposalFacts(const Configuration& configuration, const ProposalEvidence& evidence);
  [[nodiscard]] StepVerdict judge(const SlotRow& row, const RowStep& step,
                                  PartitionId partition) const;

 private:
  std::vector<Adoption> adoptions_;
  std::vector<StoreFilling> fillings_;  // by partition
  std::vector<PartitionId> losses_accepted_;
};

// Failure that names the rule: not the next epoch of `before`, what is fixed for good differs, a
// row takes no single step or one whose guard is not met, a member's new disk is counted on, a
// voter's disk is not its member's. REQUIRES: both pass check().
[[nodiscard]] Status check_succession(const Configuration& before, const Configuration& after,
                                      const ProposalEvidence& evidence);
// The same rows, versions and people, one epoch later: what a proposer starts from.
[[nodiscard]] Configuration successor_of(const Configuration& before);
// Takes a step in `after`, made by successor_of. REQUIRES: it is one of the row.
void take_step(Configuration& after, PartitionId partition, const RowStep& step);

// What the founders draw once, at random, and share from then on.
struct FoundingDraw {
  Hash128 cluster_id;
  std::uint64_t token_seed = 0;
  MacKey context_key{};
};

// How many of so many members vote.
[[nodiscard]] std::size_t voters_for(std::size_t members);
// Epoch 1. `stores`: each founder's, in the order of `config.founders`. All founders vote up to
// kVotersMax, the first by name beyond. REQUIRES: config.check().ok().
[[nodiscard]] Configuration genesis_of(const ClusterConfig& config,
                                       const std::vector<StoreId>& stores,
                                       const FoundingDraw& draw);
// Failure unless it is a genesis of these founders, whatever was drawn and whatever their stores.
[[nodiscard]] Status check_genesis(const ClusterConfig& config, const Configuration& first);

}  // namespace starling
