#pragma once

// TokenBucket: so much a second, with a little saved up. It paces background work: a step is begun
// while there is something in the bucket, and pays afterwards what it really took, so one large
// record can put the bucket into debt and is paid off by waiting.

#include <cstdint>

#include "base/time.h"

namespace starling {

class TokenBucket {
 public:
  // Full at first: `burst` of it. REQUIRES: per_second > 0, burst > 0.
  TokenBucket(std::uint64_t per_second, std::uint64_t burst);

  // From `now` on; what was saved up so far stays.
  void set_rate(std::uint64_t per_second, Instant now);
  [[nodiscard]] bool has_any(Instant now);
  void take(std::uint64_t amount, Instant now);
  // When there will be something again, if nothing more is taken.
  [[nodiscard]] Instant next_at(Instant now);

 private:
  void refill(Instant now);

  double per_second_;
  double burst_;
  double level_;
  Instant filled_at_;
  bool started_ = false;
};

}  // namespace starling
