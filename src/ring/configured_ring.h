#pragma once

// The Ring that a Configuration stands for: what coordinators and replicas work by. Nothing fills
// the target of a move yet, so a slot that is Copying counts and is read at its holder alone, as
// before; a move can be begun and given up, and changes the row's version each time. A row in any
// other state asks for more than a Ring can say, and is refused rather than misread.

#include <memory>

#include "starling/result.h"
#include "starling/status.h"

#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/ring.h"

namespace starling {

// Failure that names the partition: this program can not work by it. REQUIRES:
// configuration.check().ok().
[[nodiscard]] Status check_served(const Configuration& configuration);
// Fails likewise.
[[nodiscard]] Result<std::shared_ptr<const Ring>> ring_of(const Configuration& configuration);

// What stands in for a ring while no configuration is adopted: the founders, at epoch 0. The rows
// are where the first configuration puts them, at a version at which nobody answers.
[[nodiscard]] std::shared_ptr<const Ring> provisional_ring(const ClusterConfig& config);

}  // namespace starling
