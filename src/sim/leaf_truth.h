#pragma once

// Leaf truth: whether the Merkle leaves that stand in a store are the sums of the records beside
// them. They are written together, so they must agree at any moment, on any disk image that a node
// could be started on; a tree that is being made has no entry yet and is not judged.

#include <optional>
#include <string>
#include <vector>

#include "ring/ring.h"
#include "sim/sim_disk.h"

namespace starling::sim {

// What is wrong in words; empty: nothing. Partitions with records or leaves that can not be read
// are left out: what a damaged record adds nobody knows.
[[nodiscard]] std::vector<std::string> untrue_leaves(const SimDisk::Image& image, const Ring& ring);

}  // namespace starling::sim
