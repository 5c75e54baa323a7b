#pragma once

// NextSteps: from the rows as they are to the owners that they are brought to, one step of each row
// at a time, as far as the guards and the throttle allow now. Whoever proposes asks here; what
// comes out passes check_succession with the same evidence.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "ring/configuration.h"
#include "ring/slot_step.h"
#include "ring/succession.h"

namespace starling {

// Streams that fill something, at a time: each costs its two ends disk and network that requests
// want as well.
struct StreamLimits {
  std::uint32_t incoming_max = 2;  // a node
  std::uint32_t outgoing_max = 2;
};

struct PartitionStep {
  PartitionId partition;
  RowStep step;
  friend bool operator==(const PartitionStep&, const PartitionStep&) = default;
};

// Ascending by partition, one a row at most.
// `given_up`: moves to these are not waited for any more: they go back, and none is begun.
[[nodiscard]] std::vector<PartitionStep> next_steps(const Configuration& current,
                                                    const ProposalEvidence& evidence,
                                                    StreamLimits limits = {},
                                                    std::span<const NodeId> given_up = {});
// The configuration that takes them. Aims of rows that have arrived are dropped, members that leave
// and have nothing left are let go, voters chosen anew where one is gone. A move that is given up
// is no aim any more: the holder stays, unless it is to go. Nothing: there is nothing to do now.
// `kept`: members that leave and may keep hints yet, which nobody else would bring home.
[[nodiscard]] std::optional<Configuration> next_configuration(const Configuration& current,
                                                              const ProposalEvidence& evidence,
                                                              StreamLimits limits = {},
                                                              std::span<const NodeId> given_up = {},
                                                              std::span<const NodeId> kept = {});

}  // namespace starling
