#pragma once

// DetectorDrill: what must come true of nodes' opinions when all is healed: everybody holds
// everybody for up; and, in some runs, one node ends without a word, and everybody finds out, and
// finds it again when it is back.

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "message/peer_state.h"
#include "sim/event_queue.h"
#include "sim/mark_board.h"
#include "sim/monitors.h"
#include "sim/sim_cluster.h"
#include "sim/violation.h"

namespace starling::sim {

class DetectorDrill {
 public:
  DetectorDrill(EventQueue& events, SimCluster& cluster, const Monitors& monitors, MarkBoard& marks,
                const Random& random)
      : events_(events), cluster_(cluster), monitors_(monitors), marks_(marks), random_(random) {}

  // Lets time pass until all who run hold each other for up, at most as long as that may take from
  // now on (not-held-for-up).
  void await_all_up();
  // The same, and then draws whether a node ends; see above (not-held-for-down).
  void maybe_end_one();

  // From the end of a member of so many until all others hold it for down.
  [[nodiscard]] static Duration verdict_max(std::uint32_t members);
  // From when nothing is in the way until all hold each other for up.
  [[nodiscard]] static Duration recovery_max(std::uint32_t members);

  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

 private:
  // Ends the node, and lets time pass until all others hold it for down; false: it took too long.
  [[nodiscard]] bool await_end_of(std::uint32_t node);
  [[nodiscard]] bool await(std::uint32_t about, PeerState wanted, Duration most);
  void accuse(const char* checker, std::uint32_t about, PeerState wanted);

  EventQueue& events_;
  SimCluster& cluster_;
  const Monitors& monitors_;
  MarkBoard& marks_;
  Random random_;
  std::vector<Violation> violations_;
};

}  // namespace starling::sim
