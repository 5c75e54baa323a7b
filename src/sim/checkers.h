#pragma once

// Checkers: what must hold of a whole run, judged when it is over: pure functions over the history
// of the clients, what the witness saw, and the records at the end. Each returns what it found.
// "Sees w" means throughout: w's value was returned, or a write that the answer's context covers
// superseded it and its client had been shown w. A context alone excuses nothing: it might claim
// writes that nobody was ever shown.

#include <chrono>
#include <vector>

#include "base/time.h"
#include "sim/history.h"
#include "sim/violation.h"
#include "sim/witness.h"
#include "version/sibling_set.h"

namespace starling::sim {

struct Evidence {
  const History& history;
  const Witness& witness;
  // Per key what the replicas that can be trusted hold at the end, merged; values may be left out.
  std::vector<SiblingSet> final_records;
  // What was promised less of in this run (see FaultPlan).
  bool acknowledged_may_be_lost = false;
  bool disk_destroyed = false;
  // Records of one node were lost and came back from the others: what it alone held is gone.
  bool records_rotted = false;
};

// 1: what was acknowledged is live at the end, or a write whose client had been shown it is there.
[[nodiscard]] std::vector<Violation> find_lost_writes(const Evidence& evidence);
// 2: no value stands beside a write that superseded it, at the end or in any answer, and none
// twice.
[[nodiscard]] std::vector<Violation> find_false_siblings(const Evidence& evidence);
// 3: no value that nobody wrote, none torn, and nothing of a write that was "not applied".
[[nodiscard]] std::vector<Violation> find_phantoms(const Evidence& evidence);
// A context covers no value that was neither returned nor superseded; a put's covers exactly what
// the request's did, and the new write.
[[nodiscard]] std::vector<Violation> find_wide_contexts(const Evidence& evidence);
// 5: a read with R + W > N sees every strict write acknowledged before it began.
[[nodiscard]] std::vector<Violation> find_stale_reads(const Evidence& evidence);
// 6: what a protected read returned, every later read at that level or above sees; and a session
// read sees all that its context covers.
[[nodiscard]] std::vector<Violation> find_lost_protection(const Evidence& evidence);
// A complete listing shows every key that had a value before it began and was never deleted.
[[nodiscard]] std::vector<Violation> find_missing_keys(const Evidence& evidence);
// Every request was answered within its deadline, or its connection ended.
[[nodiscard]] std::vector<Violation> find_late_answers(const Evidence& evidence);

// What a deadline allows on top for the way there and back, and for a timer's turn.
inline constexpr Duration kAnswerSlack = std::chrono::milliseconds(100);

// All of the above, and what the witness itself complained about.
[[nodiscard]] std::vector<Violation> check_all(const Evidence& evidence);

}  // namespace starling::sim
