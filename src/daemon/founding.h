#pragma once

// A start on a data directory that has been started before: what the cluster was founded with is in
// force, and whoever asks for something else is told so instead of being ignored or obeyed.

#include "starling/result.h"
#include "starling/status.h"

#include "daemon/settings.h"
#include "replica/founding_config.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"

namespace starling {

// What `settings.cluster` is in truth, given what the data directory remembers; what nobody set is
// taken from there. Usage error for what was set and differs, or when the others do not reach this
// node where `settings` would have it listen: it names the place, both values and the remedy.
[[nodiscard]] Result<ClusterConfig> recalled_cluster(const DaemonSettings& settings,
                                                     const FoundingConfig& stored);

// Of a node that was joined: the members reach it at the address by which they know it, and nowhere
// else. Usage error, as above, when `settings` would have it listen somewhere else.
[[nodiscard]] Status check_joined_address(const DaemonSettings& settings,
                                          const Configuration& adopted);

}  // namespace starling
