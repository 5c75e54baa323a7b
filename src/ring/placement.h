#pragma once

// Placement: which N members own each partition. A pure function of the previous table and the
// members, in integer arithmetic, so that every node computes the same one. Two levels: first each
// row gets its zones, then each zone's rows get nodes; at each level the fewest entries move that
// bring every share to its quota. (A single level whose quotas ignore zones is infeasible, and a
// stateless hash moves up to twice as much.)

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "ring/member.h"

namespace starling {

// row[p] = the owners of partition p, one a slot, all distinct; row[p][0] is the first slot.
using Row = std::vector<NodeId>;
using PlacementTable = std::vector<Row>;

struct PlacementRequest {
  std::uint32_t partitions = 0;     // Q, as check_partition_count wants it
  std::uint32_t replicas = 0;       // N; min(N, members) are placed
  std::vector<RingMember> members;  // in any order; names and ids distinct, at least one
};

// `previous` is empty for the first placement, or has Q rows; owners in it who are not members any
// more lose their slots. Every row of the result has min(N, members) distinct owners, in different
// zones as far as there are any; a zone's slots, and a member's slots of its zone's, are within one
// of the share that zones and weights allow.
[[nodiscard]] PlacementTable plan_placement(const PlacementTable& previous,
                                            const PlacementRequest& request);

}  // namespace starling
