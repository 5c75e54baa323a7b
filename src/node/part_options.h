#pragma once

// What NodeOptions means for the parts of a node: which share of a bound is whose.

#include "base/random.h"
#include "node/coordinator.h"
#include "node/fill_service.h"
#include "node/handoff_service.h"
#include "node/node_options.h"
#include "node/repair_service.h"
#include "node/replica_service.h"
#include "replica/merkle_trees.h"
#include "replica/replica_store.h"
#include "ring/ring.h"

namespace starling {

[[nodiscard]] ReplicaStoreOptions store_options(const NodeOptions& options);
// `remembered`: the machine has not been started anew since this store counted last.
[[nodiscard]] MerkleTreesOptions tree_options(const NodeOptions& options, const Ring& ring,
                                              bool remembered);
[[nodiscard]] RepairService::Options repair_options(const NodeOptions& options, Random random);
[[nodiscard]] CoordinatorOptions coordinator_options(const NodeOptions& options);
[[nodiscard]] HandoffService::Options handoff_options(const NodeOptions& options);
[[nodiscard]] FillService::Options fill_options(const NodeOptions& options, Random random);
[[nodiscard]] ReplicaService::Options replica_options(const NodeOptions& options);

}  // namespace starling
