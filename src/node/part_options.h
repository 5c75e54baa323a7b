#pragma once

// What NodeOptions means for the parts of a node: which share of a bound is whose.

#include "node/coordinator.h"
#include "node/handoff_service.h"
#include "node/node_options.h"
#include "node/replica_service.h"
#include "replica/replica_store.h"

namespace starling {

[[nodiscard]] ReplicaStoreOptions store_options(const NodeOptions& options);
[[nodiscard]] CoordinatorOptions coordinator_options(const NodeOptions& options);
[[nodiscard]] HandoffService::Options handoff_options(const NodeOptions& options);
[[nodiscard]] ReplicaService::Options replica_options(const NodeOptions& options);

}  // namespace starling
