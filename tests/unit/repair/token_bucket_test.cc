#include "repair/token_bucket.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/time.h"
#include "support/present.h"

namespace starling {
namespace {

TEST_CASE("TokenBucket: gives its burst at once, and then its rate") {
  TokenBucket bucket(100, 50);
  CHECK(bucket.has_any(kNow));
  bucket.take(50, kNow);
  CHECK_FALSE(bucket.has_any(kNow));
  CHECK(bucket.has_any(kNow + std::chrono::milliseconds(20)));
}

TEST_CASE("TokenBucket: debt is paid off by waiting as long as it says") {
  TokenBucket bucket(100, 50);
  bucket.take(550, kNow);
  const Instant next = bucket.next_at(kNow);
  CHECK(next >= kNow + std::chrono::seconds(5));
  CHECK(next <= kNow + std::chrono::seconds(5) + std::chrono::milliseconds(2));
  CHECK_FALSE(bucket.has_any(next - std::chrono::milliseconds(10)));
  CHECK(bucket.has_any(next));
}

TEST_CASE("TokenBucket: saves no more than its burst, however long nobody asks") {
  TokenBucket bucket(100, 50);
  bucket.take(50, kNow);
  const Instant later = kNow + std::chrono::hours(1);
  CHECK(bucket.has_any(later));
  bucket.take(50, later);
  CHECK_FALSE(bucket.has_any(later));
}

TEST_CASE("TokenBucket: a new rate counts from its moment on, and time never goes back") {
  TokenBucket bucket(100, 100);
  bucket.take(200, kNow);
  bucket.set_rate(10, kNow + std::chrono::milliseconds(500));
  CHECK_FALSE(bucket.has_any(kNow + std::chrono::seconds(5)));
  CHECK_FALSE(bucket.has_any(kNow));
  CHECK(bucket.has_any(kNow + std::chrono::seconds(6)));
}

TEST_CASE("TokenBucket: over a long time it gives just its rate") {
  TokenBucket bucket(1000, 100);
  std::uint64_t taken = 0;
  for (Instant now = kNow; now < kNow + std::chrono::seconds(60); now = bucket.next_at(now)) {
    bucket.take(37, now);
    taken += 37;
  }
  CHECK(taken > 59'000);
  CHECK(taken < 60'300);
}

}  // namespace
}  // namespace starling
