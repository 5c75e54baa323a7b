#pragma once

// ProbeOrder: whom to probe next. Round-robin over a list that is shuffled after each pass, so that
// every member is probed within two passes, and different nodes probe in different orders (SWIM,
// section 4.3).

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/random.h"

namespace starling {

class ProbeOrder {
 public:
  explicit ProbeOrder(Random random) : random_(random) {}

  // Members that left are dropped; new ones enter at random places of what is left of this pass.
  void set_members(std::span<const NodeId> members);
  // Nobody when there are no members.
  [[nodiscard]] std::optional<NodeId> next();

 private:
  Random random_;
  std::vector<NodeId> order_;
  std::size_t at_ = 0;  // of order_, the next one
};

}  // namespace starling
