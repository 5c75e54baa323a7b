#pragma once

// Settlement: what a cluster owes once all is healed, with no client doing anything for it: members
// who lost their disks hold all again, what comes into a row is filled, hints are at home, who was
// to go is gone, and what moved away is left behind nowhere. Each is waited for as long as
// patience.h allows, and then somebody is accused.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/event_queue.h"
#include "sim/mark_board.h"
#include "sim/monitors.h"
#include "sim/sim_cluster.h"
#include "sim/violation.h"

namespace starling::sim {

class Settlement {
 public:
  Settlement(EventQueue& events, SimCluster& cluster, const Monitors& monitors, MarkBoard& marks)
      : events_(events), cluster_(cluster), monitors_(monitors), marks_(marks) {}

  // Where it can be decided at all.
  void await_return();
  void await_fills();
  void await_hints();
  // `records_rotted`: a record that nobody else holds may stop a filling for good.
  enum class Records : std::uint8_t { Sound, Rotted };
  void await_departures(Records records);
  // Who stores a partition no more has nothing of it.
  void await_removals();

  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

 private:
  void await(const std::function<bool()>& condition, Duration longest);
  // Of those who vote on the next configuration enough have the disk that they vote with.
  [[nodiscard]] bool can_be_changed() const;
  // Some member that stays and has records of a partition whose row is settled without it.
  [[nodiscard]] std::optional<std::uint32_t> first_with_old_copy() const;
  [[nodiscard]] bool hints_are_home() const;
  void accuse(const char* checker, std::string text);

  EventQueue& events_;
  SimCluster& cluster_;
  const Monitors& monitors_;
  MarkBoard& marks_;
  std::vector<Violation> violations_;
};

}  // namespace starling::sim
