#pragma once

// The Ring that a Configuration stands for: what coordinators and replicas work by.

#include <memory>

#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/ring.h"

namespace starling {

// Members on their way out have weight 0. REQUIRES: configuration.check().ok().
[[nodiscard]] std::shared_ptr<const Ring> ring_of(const Configuration& configuration);

// What stands in for a ring while no configuration is adopted: the founders, at epoch 0. The rows
// are where the first configuration puts them, at a version at which nobody answers.
[[nodiscard]] std::shared_ptr<const Ring> provisional_ring(const ClusterConfig& config);

}  // namespace starling
