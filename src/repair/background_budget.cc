#include "repair/background_budget.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace starling {
namespace {

constexpr std::uint32_t kFull = 1000;
// A trickle: at the defaults 160 KiB and 10 reads a second.
constexpr std::uint32_t kLeast = 20;
constexpr std::uint32_t kGrowth = 100;

}  // namespace

// A second's worth may be saved up.
BackgroundBudget::BackgroundBudget(Options options)
    : options_(options),
      bytes_(options.bytes_per_second, options.bytes_per_second),
      reads_(options.reads_per_second, options.reads_per_second) {}

std::uint64_t BackgroundBudget::scaled(std::uint64_t rate) const {
  return std::max<std::uint64_t>(1, rate * permille_ / kFull);
}

void BackgroundBudget::on_foreground_latency(Duration p99, Instant now) {
  if (steered_ && now < steered_at_ + options_.steering_interval) return;
  steered_ = true;
  steered_at_ = now;
  permille_ = p99 > options_.latency_max ? std::max(permille_ / 2, kLeast)
                                         : std::min(permille_ + kGrowth, kFull);
  bytes_.set_rate(scaled(options_.bytes_per_second), now);
  reads_.set_rate(scaled(options_.reads_per_second), now);
}

bool BackgroundBudget::may_exchange(std::size_t running, Instant now) {
  return running < options_.exchanges_max && may_step(now);
}

bool BackgroundBudget::may_step(Instant now) {
  return bytes_.has_any(now) && reads_.has_any(now);
}

Instant BackgroundBudget::next_at(Instant now) {
  return std::max(bytes_.next_at(now), reads_.next_at(now));
}

void BackgroundBudget::spend(std::uint64_t bytes, std::uint64_t reads, Instant now) {
  bytes_.take(bytes, now);
  reads_.take(reads, now);
}

}  // namespace starling
