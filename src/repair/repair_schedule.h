#pragma once

// RepairSchedule: which partition is compared with which other replica next. Each pair's turn comes
// by the age of its last agreement; first go those of which something says that they differ: an
// exchange that was cut short, hints that were dropped, a leaf that a scrub found wrong. A pair
// that can not be reached waits longer each time, and holds up nobody. It starts nothing: the node
// asks it, and the budget (background_budget.h), when it has a moment.

#include <chrono>
#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "repair/merkle_exchange.h"
#include "ring/token.h"

namespace starling {

class RepairSchedule {
 public:
  struct Pair {
    PartitionId partition;
    NodeId partner;
    friend auto operator<=>(const Pair&, const Pair&) = default;
  };
  struct Work {
    Pair pair;
    std::optional<Token> resume_at;
  };
  struct Options {
    // All pairs once in this time where the budget allows: nothing is compared more often.
    Duration cycle = std::chrono::minutes(10);
    // After a failure; doubled each time, up to a cycle.
    Duration retry_min = std::chrono::seconds(5);
  };

  RepairSchedule(Options options, Instant now) : options_(options), started_(now) {}

  // The pairs there are from now on. Those known already keep what is known of them; exchanges of
  // others that run end without effect here.
  void set_pairs(const std::vector<Pair>& pairs);
  // All pairs of the partition come first in line.
  void mark(PartitionId partition);
  // All pairs with this partner do, at once: it was away, and may have missed something.
  void mark_partner(NodeId partner);
  // No pair with it has a turn until it is there again.
  void set_absent(NodeId partner, bool absent);

  // The pair whose turn it is, which is running from here on; nothing: none is due. Never two of
  // one partition: what the first brings, the second would fetch as well.
  [[nodiscard]] std::optional<Work> next(Instant now);
  // This pair's turn, because somebody says so; nothing: it has to wait.
  [[nodiscard]] std::optional<Work> begin(const Pair& pair);
  [[nodiscard]] bool knows(const Pair& pair) const { return pairs_.contains(pair); }
  void on_finished(const Pair& pair, const ExchangeReport& report, Instant now);

  // When next() will have something, if nothing is marked meanwhile; nothing: all pairs run, or
  // there is none.
  [[nodiscard]] std::optional<Instant> next_due() const;
  [[nodiscard]] std::size_t running() const { return running_; }
  // How long ago both agreed; nothing: never in this process's life.
  [[nodiscard]] std::optional<Duration> age(const Pair& pair, Instant now) const;
  // The greatest age of all pairs, those that never agreed counted from the beginning.
  [[nodiscard]] Duration lag(Instant now) const;
  // No pair is marked or running, and all have agreed: "everything was compared".
  [[nodiscard]] bool quiet() const;
  void check_invariants() const;

 private:
  struct Standing {
    std::optional<Instant> agreed_at;
    Instant due;  // not before
    bool marked = false;
    bool running = false;
    unsigned failures = 0;
    std::optional<Token> resume_at;
  };

  using Pairs = std::map<Pair, Standing>;
  [[nodiscard]] static bool goes_before(const Standing& left, const Standing& right);
  [[nodiscard]] Work run(Pairs::iterator at);
  void fail(Standing& standing, Instant now) const;

  Options options_;
  Instant started_;
  Pairs pairs_;  // one a partition and other owner
  std::size_t running_ = 0;
  std::set<PartitionId> running_partitions_;
  std::set<NodeId> absent_;
};

}  // namespace starling
