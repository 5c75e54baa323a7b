#include "sim/detector_drill.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/random.h"
#include "base/time.h"
#include "sim/sim_member.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

DetectorDrill drill_of(SmallCluster& small, std::uint64_t seed = 1) {
  return {small.events, small.cluster, small.monitors, small.marks, Random(seed)};
}

TEST_CASE("DetectorDrill: a calm cluster passes, whoever ends") {
  SmallCluster small;
  std::uint64_t known = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    DetectorDrill drill = drill_of(small, seed);
    drill.maybe_end_one();
    CHECK(drill.violations().empty());
    known = small.marks.times("detector: all knew of an end");
  }
  CHECK(known > 0);
  CHECK(known < 12);
}

TEST_CASE("DetectorDrill: a node whose return was ordered before is ended once more") {
  SmallCluster small;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    for (std::uint32_t node = 0; node < 3; ++node) {
      small.events.after(seconds(3), [&small, node] { small.cluster.start(node); });
    }
    DetectorDrill drill = drill_of(small, seed);
    drill.maybe_end_one();
    CHECK(drill.violations().empty());
  }
  CHECK(small.marks.times("detector: all knew of an end") > 0);
}

TEST_CASE("DetectorDrill: a node that nobody hears is not held for up") {
  SmallCluster small;
  small.cluster.member(1).pause(minutes(3));
  small.wait(seconds(30));
  DetectorDrill drill = drill_of(small);
  drill.await_all_up();
  REQUIRE_FALSE(drill.violations().empty());
  CHECK(drill.violations().front().checker == "not-held-for-up");
}

TEST_CASE("DetectorDrill: a node that does not run need not be held for up") {
  SmallCluster small;
  small.cluster.stop(1, SimMember::Power::Stays);
  small.wait(seconds(30));
  DetectorDrill drill = drill_of(small);
  drill.await_all_up();
  CHECK(drill.violations().empty());
}

TEST_CASE("DetectorDrill: its bounds follow from the detector's constants") {
  CHECK(DetectorDrill::verdict_max(3) == seconds(4 + 12 + 2));
  CHECK(DetectorDrill::verdict_max(9) == std::chrono::milliseconds(16'000 + 14'400 + 2000));
  CHECK(DetectorDrill::recovery_max(3) == seconds(45 + 4));
}

}  // namespace
}  // namespace starling::sim
