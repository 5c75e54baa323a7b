#include "repair/background_budget.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/time.h"
#include "support/present.h"

namespace starling {
namespace {

constexpr Duration kSlow = std::chrono::milliseconds(100);

TEST_CASE("BackgroundBudget: bounds exchanges, bytes and reads, each by itself") {
  BackgroundBudget budget({.bytes_per_second = 1000, .reads_per_second = 10, .exchanges_max = 2});
  CHECK(budget.may_exchange(1, kNow));
  CHECK_FALSE(budget.may_exchange(2, kNow));
  budget.spend(1000, 1, kNow);
  CHECK_FALSE(budget.may_step(kNow));
  const Instant later = kNow + std::chrono::seconds(1);
  CHECK(budget.may_step(later));
  budget.spend(1, 10, later);
  CHECK_FALSE(budget.may_exchange(0, later));
  CHECK(budget.may_step(budget.next_at(later)));
}

TEST_CASE("BackgroundBudget: slow foreground reads halve it, down to a trickle") {
  BackgroundBudget budget({});
  Instant now = kNow;
  budget.on_foreground_latency(kSlow, now);
  CHECK(budget.permille() == 500);
  for (int i = 0; i < 20; ++i) budget.on_foreground_latency(kSlow, now += std::chrono::seconds(1));
  CHECK(budget.permille() == 20);
  CHECK(budget.may_step(now));
}

TEST_CASE("BackgroundBudget: grows back when the foreground is well again") {
  BackgroundBudget budget({});
  Instant now = kNow;
  budget.on_foreground_latency(kSlow, now);
  for (int i = 0; i < 5; ++i) budget.on_foreground_latency({}, now += std::chrono::seconds(1));
  CHECK(budget.permille() == 1000);
}

TEST_CASE("BackgroundBudget: many reports in one second are one") {
  BackgroundBudget budget({});
  for (int i = 0; i < 100; ++i)
    budget.on_foreground_latency(kSlow, kNow + std::chrono::milliseconds(i));
  CHECK(budget.permille() == 500);
}

TEST_CASE("BackgroundBudget: a slow foreground makes the same work take longer") {
  const auto seconds_for = [](Duration latency) {
    BackgroundBudget budget({.bytes_per_second = 1000, .reads_per_second = 1000});
    Instant now = kNow;
    for (std::uint64_t done = 0; done < 10'000; done += 100) {
      while (!budget.may_step(now)) now = budget.next_at(now);
      budget.on_foreground_latency(latency, now);
      budget.spend(100, 1, now);
    }
    return std::chrono::duration_cast<std::chrono::seconds>(now - kNow).count();
  };
  CHECK(seconds_for({}) >= 8);
  CHECK(seconds_for({}) <= 10);
  CHECK(seconds_for(kSlow) > 100);
}

}  // namespace
}  // namespace starling
