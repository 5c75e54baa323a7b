#include "repair/repair_schedule.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "repair/merkle_exchange.h"

namespace starling {
namespace {

// 2^10 times the least is over an hour; a cycle is shorter.
constexpr unsigned kDoublingsMax = 10;

}  // namespace

void RepairSchedule::set_pairs(const std::vector<Pair>& pairs) {
  Pairs standing;
  running_ = 0;
  for (const Pair& pair : pairs) {
    const auto known = pairs_.find(pair);
    standing[pair] = known == pairs_.end() ? Standing{.due = started_} : known->second;
  }
  pairs_ = std::move(standing);
  running_partitions_.clear();
  for (const auto& [pair, known] : pairs_) {
    if (!known.running) continue;
    ++running_;
    running_partitions_.insert(pair.partition);
  }
}

// What waits after a failure goes on waiting: a mark does not make a partner reachable.
void RepairSchedule::mark(PartitionId partition) {
  for (auto it = pairs_.lower_bound({.partition = partition, .partner = {}});
       it != pairs_.end() && it->first.partition == partition; ++it) {
    it->second.marked = true;
    if (it->second.failures == 0) it->second.due = started_;
  }
}

void RepairSchedule::mark_partner(NodeId partner) {
  for (auto& [pair, standing] : pairs_) {
    if (pair.partner != partner) continue;
    standing.marked = true;
    standing.failures = 0;
    standing.due = started_;
  }
}

void RepairSchedule::set_absent(NodeId partner, bool absent) {
  if (absent) {
    absent_.insert(partner);
  } else {
    absent_.erase(partner);
  }
}

// The marked, then those that never agreed, then by age; the order of pairs breaks ties.
bool RepairSchedule::goes_before(const Standing& left, const Standing& right) {
  if (left.marked != right.marked) return left.marked;
  return left.agreed_at.value_or(Instant::min()) < right.agreed_at.value_or(Instant::min());
}

std::optional<RepairSchedule::Work> RepairSchedule::next(Instant now) {
  auto best = pairs_.end();
  for (auto it = pairs_.begin(); it != pairs_.end(); ++it) {
    if (it->second.running || it->second.due > now || absent_.contains(it->first.partner)) continue;
    if (running_partitions_.contains(it->first.partition)) continue;
    if (best == pairs_.end() || goes_before(it->second, best->second)) best = it;
  }
  if (best == pairs_.end()) return std::nullopt;
  return run(best);
}

std::optional<RepairSchedule::Work> RepairSchedule::begin(const Pair& pair) {
  const auto found = pairs_.find(pair);
  if (found == pairs_.end() || found->second.running || absent_.contains(pair.partner) ||
      running_partitions_.contains(pair.partition)) {
    return std::nullopt;
  }
  return run(found);
}

RepairSchedule::Work RepairSchedule::run(Pairs::iterator at) {
  Standing& standing = at->second;
  standing.running = true;
  // A mark that comes while it runs is for the next time.
  standing.marked = false;
  ++running_;
  running_partitions_.insert(at->first.partition);
  return {.pair = at->first, .resume_at = standing.resume_at};
}

void RepairSchedule::on_finished(const Pair& pair, const ExchangeReport& report, Instant now) {
  const auto found = pairs_.find(pair);
  if (found == pairs_.end() || !found->second.running) return;
  Standing& standing = found->second;
  standing.running = false;
  --running_;
  running_partitions_.erase(pair.partition);
  standing.resume_at = report.resume_at;
  const bool skipped = report.keys_skipped > 0;
  switch (report.end) {
    case ExchangeEnd::Agreed:
      standing.agreed_at = now;
      standing.failures = 0;
      standing.due = now + options_.cycle;
      return;
    case ExchangeEnd::Repaired:
    case ExchangeEnd::Partial:
      // Go on at once; but what could not be mended would keep it going for ever.
      if (skipped) return fail(standing, now);
      [[fallthrough]];
    case ExchangeEnd::Differs:
      standing.failures = 0;
      standing.marked = true;
      standing.due = now;
      return;
    case ExchangeEnd::Unfinished:
    case ExchangeEnd::StaleRow:
    case ExchangeEnd::Silence:
    case ExchangeEnd::Deadline:
    case ExchangeEnd::Nonsense:
    case ExchangeEnd::Unreadable:
    case ExchangeEnd::Aborted:
      return fail(standing, now);
  }
}

void RepairSchedule::fail(Standing& standing, Instant now) const {
  const Duration wait = options_.retry_min * (1U << std::min(standing.failures, kDoublingsMax));
  ++standing.failures;
  standing.marked = true;
  standing.due = now + std::min(wait, options_.cycle);
}

std::optional<Instant> RepairSchedule::next_due() const {
  std::optional<Instant> due;
  for (const auto& [pair, standing] : pairs_) {
    if (standing.running || absent_.contains(pair.partner)) continue;
    if (running_partitions_.contains(pair.partition)) continue;
    if (!due.has_value() || standing.due < *due) due = standing.due;
  }
  return due;
}

std::optional<Duration> RepairSchedule::age(const Pair& pair, Instant now) const {
  const auto found = pairs_.find(pair);
  if (found == pairs_.end()) return std::nullopt;
  const std::optional<Instant>& agreed_at = found->second.agreed_at;
  return agreed_at.has_value() ? std::optional<Duration>(now - *agreed_at) : std::nullopt;
}

Duration RepairSchedule::lag(Instant now) const {
  Duration lag{};
  for (const auto& [pair, standing] : pairs_)
    lag = std::max(lag, now - standing.agreed_at.value_or(started_));
  return lag;
}

bool RepairSchedule::quiet() const {
  return running_ == 0 && std::ranges::none_of(pairs_, [](const auto& known) {
           return known.second.marked || !known.second.agreed_at.has_value();
         });
}

void RepairSchedule::check_invariants() const {
  std::size_t running = 0;
  for (const auto& [pair, standing] : pairs_) running += standing.running ? 1 : 0;
  STARLING_CHECK(running == running_);
  STARLING_CHECK(running == running_partitions_.size());
}

}  // namespace starling
