#include "repair/ordered_run.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "repair/merkle_exchange.h"

namespace starling {
namespace {

// Of one pair: the ring may change under it, a peer may be slow for a moment.
constexpr unsigned kAttemptsMax = 5;
constexpr Duration kRest = std::chrono::seconds(1);

}  // namespace

OrderedRun::OrderedRun(const RepairOrder& order, const std::vector<Pair>& pairs)
    : order_(order), progress_{.pairs = pairs.size()}, waiting_(pairs.begin(), pairs.end()) {}

OrderedRun::Pair OrderedRun::take() {
  const Pair pair = waiting_.front();
  waiting_.pop_front();
  return pair;
}

void OrderedRun::on_finished(const Pair& pair, const ExchangeReport& report, std::uint64_t written,
                             Instant now) {
  if (running_.erase(pair) == 0) return;
  progress_.keys_compared += report.keys_compared;
  progress_.keys_differing += report.keys_differing;
  progress_.records_written += written;
  progress_.bytes += report.comparison_bytes + report.record_bytes;
  switch (report.end) {
    case ExchangeEnd::Agreed:
    case ExchangeEnd::Differs:
      ++progress_.compared;
      return;
    case ExchangeEnd::Repaired:
      ++(report.keys_skipped == 0 ? progress_.compared : progress_.failed);
      return;
    case ExchangeEnd::Partial:
      partial_.insert(pair);
      waiting_.push_back(pair);
      return;
    case ExchangeEnd::Silence:
    case ExchangeEnd::Deadline:
      ++progress_.failed;
      return give_up_on(pair.partner);
    case ExchangeEnd::Unfinished:
    case ExchangeEnd::StaleRow:
    case ExchangeEnd::Nonsense:
    case ExchangeEnd::Unreadable:
    case ExchangeEnd::Aborted:
      break;
  }
  if (++failures_[pair] < kAttemptsMax) {
    resting_.emplace_back(now + kRest, pair);
  } else {
    ++progress_.failed;
  }
}

void OrderedRun::wake(Instant now) {
  for (; !resting_.empty() && resting_.front().first <= now; resting_.pop_front()) {
    waiting_.push_back(resting_.front().second);
  }
}

// Its other partitions would wait as long, one after the other.
void OrderedRun::give_up_on(NodeId partner) {
  progress_.failed += static_cast<std::uint64_t>(
      std::erase_if(waiting_, [&](const Pair& pair) { return pair.partner == partner; }) +
      std::erase_if(resting_, [&](const auto& rest) { return rest.second.partner == partner; }));
}

void OrderedRun::check_invariants() const {
  STARLING_CHECK(progress_.compared + progress_.failed + waiting_.size() + resting_.size() +
                     running_.size() ==
                 progress_.pairs);
}

}  // namespace starling
