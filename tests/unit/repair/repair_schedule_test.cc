#include "repair/repair_schedule.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "naive_tree.h"
#include "repair/merkle_exchange.h"
#include "ring/token.h"
#include "support/present.h"

namespace starling {
namespace {

using Pair = RepairSchedule::Pair;

constexpr Duration kCycle = std::chrono::minutes(10);

Pair pair_of(std::uint16_t partition, std::uint64_t partner = 1) {
  return {.partition = PartitionId{partition}, .partner = NodeId{partner}};
}

RepairSchedule schedule_of(const std::vector<Pair>& pairs) {
  RepairSchedule schedule({}, kNow);
  schedule.set_pairs(pairs);
  return schedule;
}

ExchangeReport report_of(ExchangeEnd end) {
  return {.end = end};
}

// Runs the pair whose turn it is.
std::optional<Pair> run_next(RepairSchedule& schedule, Instant now,
                             ExchangeEnd end = ExchangeEnd::Agreed) {
  const auto work = schedule.next(now);
  if (!work.has_value()) return std::nullopt;
  schedule.on_finished(work->pair, report_of(end), now);
  schedule.check_invariants();
  return work->pair;
}

TEST_CASE("RepairSchedule: every pair has its turn once a cycle, by the age of its agreement") {
  RepairSchedule schedule = schedule_of({pair_of(0), pair_of(1), pair_of(2)});
  CHECK(run_next(schedule, kNow) == pair_of(0));
  CHECK(run_next(schedule, kNow + std::chrono::seconds(1)) == pair_of(1));
  CHECK(run_next(schedule, kNow + std::chrono::seconds(2)) == pair_of(2));
  CHECK(run_next(schedule, kNow + std::chrono::seconds(3)) == std::nullopt);
  CHECK(schedule.next_due() == kNow + kCycle);
  CHECK(schedule.quiet());
  CHECK(run_next(schedule, kNow + kCycle) == pair_of(0));
  CHECK(run_next(schedule, kNow + kCycle) == std::nullopt);
}

TEST_CASE("RepairSchedule: a pair that runs is not begun again") {
  RepairSchedule schedule = schedule_of({pair_of(0)});
  REQUIRE(schedule.next(kNow).has_value());
  CHECK_FALSE(schedule.next(kNow).has_value());
  CHECK(schedule.running() == 1);
  CHECK(schedule.next_due() == std::nullopt);
  CHECK_FALSE(schedule.quiet());
}

TEST_CASE("RepairSchedule: what is marked goes first, all its partners with it") {
  RepairSchedule schedule = schedule_of({pair_of(0), pair_of(1, 1), pair_of(1, 2)});
  for (int i = 0; i < 3; ++i) run_next(schedule, kNow);
  schedule.mark(PartitionId{1});
  CHECK_FALSE(schedule.quiet());
  const Instant soon = kNow + std::chrono::seconds(1);
  CHECK(run_next(schedule, soon) == pair_of(1, 1));
  CHECK(run_next(schedule, soon) == pair_of(1, 2));
  CHECK(run_next(schedule, soon) == std::nullopt);
  CHECK(schedule.quiet());
}

TEST_CASE("RepairSchedule: a mark that comes while the pair runs is for the next time") {
  RepairSchedule schedule = schedule_of({pair_of(0)});
  const auto work = schedule.next(kNow);
  schedule.mark(PartitionId{0});
  schedule.on_finished(work->pair, report_of(ExchangeEnd::Silence), kNow);
  CHECK_FALSE(schedule.quiet());
}

TEST_CASE("RepairSchedule: what was repaired is compared again at once, to see that it agrees") {
  RepairSchedule schedule = schedule_of({pair_of(0), pair_of(1)});
  CHECK(run_next(schedule, kNow, ExchangeEnd::Repaired) == pair_of(0));
  CHECK(run_next(schedule, kNow) == pair_of(0));
  CHECK(run_next(schedule, kNow) == pair_of(1));
}

TEST_CASE("RepairSchedule: an exchange that was cut short goes on where it stopped") {
  RepairSchedule schedule = schedule_of({pair_of(0)});
  const auto work = schedule.next(kNow);
  schedule.on_finished(work->pair, {.end = ExchangeEnd::Partial, .resume_at = Token{9}}, kNow);
  CHECK(schedule.next(kNow)->resume_at == Token{9});
}

TEST_CASE("RepairSchedule: who can not be reached waits longer each time, and holds up nobody") {
  RepairSchedule schedule = schedule_of({pair_of(0), pair_of(1)});
  Instant now = kNow;
  CHECK(run_next(schedule, now, ExchangeEnd::Silence) == pair_of(0));
  CHECK(run_next(schedule, now) == pair_of(1));
  CHECK(run_next(schedule, now) == std::nullopt);
  Duration last{};
  for (int i = 0; i < 12; ++i) {
    const Duration wait = *schedule.next_due() - now;
    CHECK(wait >= std::min(last, kCycle));
    CHECK(wait <= kCycle);
    last = wait;
    now = *schedule.next_due();
    const auto work = schedule.next(now);
    REQUIRE(work.has_value());
    schedule.on_finished(
        work->pair,
        report_of(work->pair == pair_of(0) ? ExchangeEnd::Silence : ExchangeEnd::Agreed), now);
    if (work->pair == pair_of(1)) last = {};
  }
}

TEST_CASE("RepairSchedule: what can not be mended does not keep it going for ever") {
  RepairSchedule schedule = schedule_of({pair_of(0)});
  const auto work = schedule.next(kNow);
  schedule.on_finished(work->pair, {.end = ExchangeEnd::Repaired, .keys_skipped = 1}, kNow);
  CHECK_FALSE(schedule.next(kNow).has_value());
  CHECK_FALSE(schedule.quiet());
}

TEST_CASE("RepairSchedule: ages count from the last agreement, the lag is the greatest") {
  RepairSchedule schedule = schedule_of({pair_of(0), pair_of(1)});
  const Instant later = kNow + std::chrono::minutes(3);
  CHECK(schedule.age(pair_of(0), later) == std::nullopt);
  CHECK(schedule.lag(later) == std::chrono::minutes(3));
  run_next(schedule, kNow + std::chrono::minutes(1));
  CHECK(schedule.age(pair_of(0), later) == std::chrono::minutes(2));
  run_next(schedule, kNow + std::chrono::minutes(2));
  CHECK(schedule.lag(later) == std::chrono::minutes(2));
}

TEST_CASE("RepairSchedule: pairs that stay keep their standing, others are forgotten") {
  RepairSchedule schedule = schedule_of({pair_of(0), pair_of(1)});
  run_next(schedule, kNow);
  const auto running = schedule.next(kNow);
  schedule.set_pairs({pair_of(0), pair_of(2)});
  CHECK(schedule.running() == 0);
  schedule.on_finished(running->pair, report_of(ExchangeEnd::Agreed), kNow);
  schedule.check_invariants();
  CHECK(schedule.age(pair_of(0), kNow).has_value());
  CHECK(run_next(schedule, kNow) == pair_of(2));
}

TEST_CASE("RepairSchedule: nobody starves, whoever fails and is marked") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Random random(seed);
  std::vector<Pair> pairs;
  for (std::uint16_t partition = 0; partition < 50; ++partition) {
    pairs.push_back(pair_of(partition, 1));
    pairs.push_back(pair_of(partition, 2));
  }
  RepairSchedule schedule = schedule_of(pairs);
  Instant now = kNow;
  // One step a second: 600 a cycle for 100 pairs, a few of which never get through.
  for (int i = 0; i < 3600; ++i) {
    now += std::chrono::seconds(1);
    if (random.below(100) == 0)
      schedule.mark(PartitionId{static_cast<std::uint16_t>(random.below(50))});
    const auto work = schedule.next(now);
    if (!work.has_value()) continue;
    const bool dead = work->pair.partition.value < 3;
    const ExchangeEnd end = dead                    ? ExchangeEnd::Silence
                            : random.below(10) == 0 ? ExchangeEnd::Repaired
                                                    : ExchangeEnd::Agreed;
    schedule.on_finished(work->pair, report_of(end), now);
  }
  for (const Pair& pair : pairs) {
    if (pair.partition.value < 3) continue;
    CHECK(*schedule.age(pair, now) <= kCycle + std::chrono::minutes(1));
  }
}

TEST_CASE("RepairSchedule: two exchanges of one partition do not run at once") {
  RepairSchedule schedule = schedule_of({pair_of(0, 1), pair_of(0, 2), pair_of(1, 1)});
  CHECK(schedule.next(kNow)->pair == pair_of(0, 1));
  CHECK(schedule.next(kNow)->pair == pair_of(1, 1));
  CHECK_FALSE(schedule.next(kNow).has_value());
  CHECK(schedule.next_due() == std::nullopt);
  schedule.on_finished(pair_of(0, 1), report_of(ExchangeEnd::Agreed), kNow);
  CHECK(schedule.next(kNow)->pair == pair_of(0, 2));
  schedule.check_invariants();
}

TEST_CASE("RepairSchedule: who is absent has no turn, and the first ones once it is back") {
  RepairSchedule schedule = schedule_of({pair_of(0, 1), pair_of(0, 2), pair_of(1, 2)});
  schedule.set_absent(NodeId{2}, true);
  CHECK(run_next(schedule, kNow) == pair_of(0, 1));
  CHECK(run_next(schedule, kNow) == std::nullopt);
  CHECK(schedule.next_due() == kNow + kCycle);
  schedule.set_absent(NodeId{2}, false);
  schedule.mark_partner(NodeId{2});
  CHECK(run_next(schedule, kNow + kCycle) == pair_of(0, 2));
  CHECK(run_next(schedule, kNow + kCycle) == pair_of(1, 2));
  CHECK(run_next(schedule, kNow + kCycle) == pair_of(0, 1));
}

TEST_CASE("RepairSchedule: a partner that is back need not wait for its earlier failures") {
  RepairSchedule schedule = schedule_of({pair_of(0)});
  CHECK(run_next(schedule, kNow, ExchangeEnd::Silence) == pair_of(0));
  CHECK(run_next(schedule, kNow) == std::nullopt);
  schedule.mark_partner(NodeId{1});
  CHECK(run_next(schedule, kNow) == pair_of(0));
}

}  // namespace
}  // namespace starling
