#pragma once

// A start on a data directory that has been started before: what the cluster was founded with is in
// force, and whoever asks for something else is told so instead of being ignored or obeyed.

#include "starling/result.h"

#include "daemon/settings.h"
#include "replica/founding_config.h"
#include "ring/cluster_config.h"

namespace starling {

// What `settings.cluster` is in truth, given what the data directory remembers; what nobody set is
// taken from there. Usage error for what was set and differs, or when the others do not reach this
// node where `settings` would have it listen: it names the place, both values and the remedy.
[[nodiscard]] Result<ClusterConfig> recalled_cluster(const DaemonSettings& settings,
                                                     const FoundingConfig& stored);

}  // namespace starling
