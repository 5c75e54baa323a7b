#include "repair/token_bucket.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/assert.h"
#include "base/time.h"

namespace starling {
namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

TokenBucket::TokenBucket(std::uint64_t per_second, std::uint64_t burst)
    : per_second_(static_cast<double>(per_second)),
      burst_(static_cast<double>(burst)),
      level_(burst_) {
  STARLING_CHECK(per_second > 0);
  STARLING_CHECK(burst > 0);
}

void TokenBucket::refill(Instant now) {
  if (started_ && now > filled_at_)
    level_ = std::min(burst_, level_ + per_second_ * seconds(now - filled_at_));
  filled_at_ = std::max(filled_at_, now);
  started_ = true;
}

void TokenBucket::set_rate(std::uint64_t per_second, Instant now) {
  STARLING_CHECK(per_second > 0);
  refill(now);
  per_second_ = static_cast<double>(per_second);
}

bool TokenBucket::has_any(Instant now) {
  refill(now);
  return level_ > 0;
}

void TokenBucket::take(std::uint64_t amount, Instant now) {
  refill(now);
  level_ -= static_cast<double>(amount);
}

Instant TokenBucket::next_at(Instant now) {
  refill(now);
  if (level_ > 0) return now;
  const double wait = -level_ / per_second_;
  // A moment more, so that rounding does not wake somebody for nothing.
  return now + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(wait)) +
         std::chrono::milliseconds(1);
}

}  // namespace starling
