#pragma once

// StoreView: what lies on the members' disks under the keys of a run, seen from outside: no member
// is asked, and none notices.

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/history.h"
#include "sim/monitors.h"
#include "sim/sim_cluster.h"
#include "version/sibling_set.h"

namespace starling::sim {

class StoreView {
 public:
  StoreView(const SimCluster& cluster, const History& history, const Monitors& monitors)
      : cluster_(cluster), history_(history), monitors_(monitors) {}

  [[nodiscard]] std::vector<std::uint32_t> owners_of(std::uint32_t key) const;
  // Owners whose disks are not written off.
  [[nodiscard]] std::uint32_t trusted(std::uint32_t key) const;
  // The empty set where there is none; nothing: it can not be read.
  [[nodiscard]] std::optional<SiblingSet> record_at(std::uint32_t node, std::uint32_t key) const;
  [[nodiscard]] std::uint32_t unreadable(std::uint32_t key) const;
  [[nodiscard]] std::optional<std::uint32_t> first_disagreement() const;

 private:
  const SimCluster& cluster_;
  const History& history_;
  const Monitors& monitors_;
};

}  // namespace starling::sim
