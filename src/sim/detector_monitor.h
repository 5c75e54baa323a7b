#pragma once

// DetectorMonitor: what must hold of the opinions that nodes have of each other: once nothing was
// stopped, paused or cut for a while, nobody holds a member for down that runs (false-conviction).
// Before that one may be right to: whoever is cut off from somebody, and from those who could ask
// for it, can not tell that from its end. Lost, doubled, late and repeated messages are no excuse.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "membership/failure_detector.h"
#include "membership/suspicion.h"
#include "message/peer_state.h"
#include "sim/mark_board.h"
#include "sim/member_view.h"
#include "sim/violation.h"

namespace starling::sim {

class DetectorMonitor {
 public:
  // An accusation out of a disturbance may live so long: the shortest time-out of nine members,
  // three times over, behind one period of probing at the least trust of a node in itself.
  static constexpr Duration kAftermath =
      3 * (Suspicion::kLeast + std::chrono::milliseconds(800)) + 9 * FailureDetector::kPeriod;

  DetectorMonitor(const MemberView& cluster, MarkBoard& marks) : cluster_(cluster), marks_(marks) {}

  // Somebody or some link is away until then, or was a moment ago.
  void on_disturbance(Instant until) { calm_since_ = std::max(calm_since_, until); }
  // The node holds somebody for down from now on.
  void on_conviction(std::uint32_t node, Instant now);

  // A running node that does not hold a member that runs, or does not, for `wanted`; nothing: all
  // do. Of those that do not run nobody asks.
  [[nodiscard]] std::optional<std::string> first_who_differs(std::uint32_t about,
                                                             PeerState wanted) const;
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

 private:
  const MemberView& cluster_;
  MarkBoard& marks_;
  Instant calm_since_;
  std::vector<Violation> violations_;
};

}  // namespace starling::sim
