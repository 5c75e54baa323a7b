#pragma once

// OrderedRun: what an operator ordered to be compared now, as far as this node does it: each of its
// pairs once, whatever their last agreement. Every pair of a partition's replicas is in the run of
// one of the two; since each pair is compared after the order, a value that any of them showed by
// then is at all of them when all runs are over, or has met the delete that covers it at one. (Two
// replicas that show nothing agree, be it that one of them holds the delete and the other nothing:
// so what a run wrote asks for another run.) A pair that can not be compared is tried again a
// few times and then counted as failed, so that a run ends whatever happens. It starts nothing
// itself: the node asks it what is next.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "repair/merkle_exchange.h"
#include "repair/repair_schedule.h"

namespace starling {

class OrderedRun {
 public:
  using Pair = RepairSchedule::Pair;

  // `pairs`: without doubles.
  OrderedRun(const RepairOrder& order, const std::vector<Pair>& pairs);

  [[nodiscard]] const RepairOrder& order() const { return order_; }
  [[nodiscard]] const RepairProgress& progress() const { return progress_; }
  [[nodiscard]] bool finished() const { return progress_.finished(); }
  [[nodiscard]] bool has_waiting() const { return !waiting_.empty() || !resting_.empty(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  // Those that failed wait a moment before they wait for their turn again.
  void wake(Instant now);

  // Takes the pair that has waited longest; one of the next three says what became of it.
  // REQUIRES: waiting() > 0.
  [[nodiscard]] Pair take();
  // It has to wait longer.
  void postpone(const Pair& pair) { waiting_.push_back(pair); }
  // It is being compared.
  void on_begun(const Pair& pair) { running_.insert(pair); }
  // It never will be: the partner is away, or the row is another's now.
  void on_impossible() { ++progress_.failed; }

  // Whether an earlier comparison of this run left off in the middle of the pair.
  [[nodiscard]] bool goes_on(const Pair& pair) const { return partial_.contains(pair); }
  // `written`: records merged here or there. Of a pair that this run did not begin: nothing.
  void on_finished(const Pair& pair, const ExchangeReport& report, std::uint64_t written,
                   Instant now);
  void check_invariants() const;

 private:
  void give_up_on(NodeId partner);

  RepairOrder order_;
  RepairProgress progress_;
  std::deque<Pair> waiting_;
  std::deque<std::pair<Instant, Pair>> resting_;  // until then; ascending
  std::set<Pair> running_;
  std::set<Pair> partial_;
  std::map<Pair, unsigned> failures_;
};

}  // namespace starling
