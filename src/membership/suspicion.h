#pragma once

// Suspicion: how long an accused member may take to contradict. One accuser may be wrong about
// itself, so its word is given much time; each further one whose own probe failed shortens it
// (Lifeguard, section IV.B):
//
//   time-out = at most - (at most - at least) · log(c + 1) / log(C + 1)
//
// with c confirmations of the C that are wanted. The logarithms are a table, so that all machines
// compute the same.

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace starling {

class Suspicion {
 public:
  // The floor of the shortest time-out, four periods of probing: time for the accusation to reach
  // the accused and for its answer to come back, though some messages are lost.
  static constexpr Duration kLeast = std::chrono::seconds(4);
  // Rumours take O(log n) periods, so the shortest time-out grows by this with each doubling of n.
  static constexpr Duration kLeastPerDoubling = std::chrono::milliseconds(1200);
  // The longest time-out in shortest ones.
  static constexpr int kMostInLeast = 3;
  // C, unless there are fewer members who could confirm.
  static constexpr std::size_t kConfirmations = 3;

  // `members`: of the cluster, accuser and accused included.
  Suspicion(NodeId accuser, std::size_t members, Instant now);

  // True if `accuser` is a new one, and one whose word still shortens the time-out: only such a
  // confirmation is worth passing on.
  [[nodiscard]] bool confirm(NodeId accuser);
  [[nodiscard]] bool is_accused_by(NodeId accuser) const;
  // When the accused counts as down.
  [[nodiscard]] Instant deadline() const;
  // The accused gets so much more time.
  void postpone(Duration time) { started_ += time; }

 private:
  Instant started_;
  Duration least_;
  std::size_t wanted_;
  std::vector<NodeId> accusers_;  // different ones, at most 1 + wanted_
};

}  // namespace starling
