#include "sim/fault_driver.h"

#include <chrono>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/time.h"
#include "message/peer_messages.h"
#include "sim/fault_plan.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::seconds;

// A cluster to which one fault happens five seconds after the start, for two seconds.
struct FaultBench {
  explicit FaultBench(FaultKind kind)
      : plan(with(kind)), small(plan), driver(plan, small.events, small.cluster, small.trace) {
    driver.begin();
  }
  static FaultPlan with(FaultKind kind) {
    FaultPlan plan = small_plan();
    const bool goes = kind == FaultKind::RemoveMember || kind == FaultKind::LeaveMember;
    if (goes) plan.shape.replicas = 2;
    plan.faults.push_back({.at = seconds(5),
                           .kind = kind,
                           .node = 1,
                           .other = 2,
                           .lasting = seconds(2),
                           .detail = 2});
    return plan;
  }
  void until(Duration time) { small.events.run_until(Instant(time)); }

  FaultPlan plan;
  SmallCluster small;
  FaultDriver driver;
};

TEST_CASE("FaultDriver: a killed node stays away as long as planned") {
  FaultBench bench(FaultKind::Kill);
  bench.until(seconds(6));
  CHECK(bench.small.cluster.boot_of(1) == 0);
  bench.until(seconds(8));
  CHECK(bench.small.cluster.boot_of(1) == 2);
  CHECK(bench.driver.injected() == 1);
}

TEST_CASE("FaultDriver: a member that is removed stays away, and is gone in the end") {
  FaultBench bench(FaultKind::RemoveMember);
  bench.until(seconds(10));
  CHECK(bench.small.cluster.boot_of(2) == 0);
  bench.small.cluster.start(2);
  CHECK(bench.small.cluster.boot_of(2) == 0);
  bench.until(seconds(120));
  CHECK(bench.small.cluster.has_left(2));
  CHECK(bench.small.cluster.is_written_off(2));
  bench.driver.heal();
  CHECK(bench.small.cluster.boot_of(2) != 0);
}

TEST_CASE("FaultDriver: a member leaves when an operator orders it") {
  FaultBench bench(FaultKind::LeaveMember);
  bench.until(seconds(120));
  CHECK(bench.small.cluster.has_left(2));
  CHECK(bench.small.cluster.boot_of(2) != 0);
}

TEST_CASE("FaultDriver: an isolated node reaches nobody until it is over") {
  FaultBench bench(FaultKind::Isolate);
  bench.until(seconds(6));
  const std::uint64_t held = bench.small.cluster.network().counters().held;
  bench.small.cluster.network().send(1, 0, BootAnnouncement{});
  CHECK(bench.small.cluster.network().counters().held == held + 1);
  bench.until(seconds(8));
  // What the nodes say by themselves was held as well.
  const std::uint64_t held_in_all = bench.small.cluster.network().counters().held;
  bench.small.cluster.network().send(1, 0, BootAnnouncement{});
  CHECK(bench.small.cluster.network().counters().held == held_in_all);
}

TEST_CASE("FaultDriver: a lost disk is empty and its node written off") {
  FaultBench bench(FaultKind::LoseDisk);
  bench.until(seconds(6));
  CHECK(bench.small.cluster.member(1).disk().visible().empty());
  CHECK(bench.small.cluster.is_written_off(1));
}

TEST_CASE("FaultDriver: a member that lost its disk comes back with another one, and is filled") {
  FaultBench bench(FaultKind::LoseDisk);
  bench.until(seconds(6));
  CHECK(bench.small.cluster.first_lost() == 1U);
  bench.until(seconds(40));
  CHECK_FALSE(bench.small.cluster.first_lost().has_value());
  CHECK_FALSE(bench.small.cluster.is_written_off(1));
  CHECK(bench.small.cluster.is_ready(1));
}

TEST_CASE("FaultDriver: a disk is rolled back once the start in between has counted") {
  FaultBench bench(FaultKind::RollBack);
  bench.until(seconds(6));
  CHECK_FALSE(bench.small.cluster.is_written_off(1));
  bench.until(seconds(60));
  CHECK(bench.small.marks.times("boot: a rolled back store was noticed") > 0);
  CHECK(bench.small.marks.times("boot: an old store was set aside") == 1);
  CHECK(bench.small.marks.times("return: a lost disk's member has a new one") == 1);
  CHECK_FALSE(bench.small.cluster.first_lost().has_value());
  CHECK(bench.small.cluster.is_ready(1));
}

TEST_CASE("FaultDriver: healing starts what lies down, and nothing breaks behind it") {
  FaultBench bench(FaultKind::PowerLossAll);
  bench.until(seconds(4));
  bench.driver.heal();
  bench.until(seconds(9));
  CHECK(bench.driver.injected() == 0);
  for (std::uint32_t node = 0; node < 3; ++node) CHECK(bench.small.cluster.boot_of(node) == 1);
}

}  // namespace
}  // namespace starling::sim
