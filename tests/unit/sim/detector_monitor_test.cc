#include "sim/detector_monitor.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/time.h"
#include "message/peer_state.h"
#include "node/node.h"
#include "sim/sim_member.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint32_t kJudge = 0;
constexpr std::uint32_t kAccused = 2;

// node0 holds node2 for down.
struct Convicted : SmallCluster {
  Convicted() {
    cluster.member(kAccused).pause(minutes(2));
    wait(minutes(1));
    REQUIRE(cluster.member(kJudge).node()->opinion_of(cluster.member(kAccused).id()) ==
            PeerState::Down);
  }
};

TEST_CASE("DetectorMonitor: who convicts a running node behind a long calm is wrong") {
  Convicted convicted;
  DetectorMonitor monitor(convicted.cluster, convicted.marks);
  monitor.on_disturbance(convicted.events.now() - DetectorMonitor::kAftermath);
  monitor.on_conviction(kJudge, convicted.events.now());
  REQUIRE(monitor.violations().size() == 1);
  CHECK(monitor.violations().front().checker == "false-conviction");
}

TEST_CASE("DetectorMonitor: soon behind a disturbance a verdict may be wrong") {
  Convicted convicted;
  DetectorMonitor monitor(convicted.cluster, convicted.marks);
  monitor.on_disturbance(convicted.events.now() - DetectorMonitor::kAftermath + seconds(1));
  monitor.on_disturbance(Instant{});
  monitor.on_conviction(kJudge, convicted.events.now());
  CHECK(monitor.violations().empty());
}

TEST_CASE("DetectorMonitor: who does not run is convicted rightly") {
  SmallCluster small;
  small.cluster.stop(kAccused, SimMember::Power::Stays);
  small.wait(minutes(1));
  DetectorMonitor monitor(small.cluster, small.marks);
  const std::uint64_t before = small.marks.times("detector: convicted a dead one");
  CHECK(before > 0);
  monitor.on_conviction(kJudge, small.events.now());
  CHECK(monitor.violations().empty());
  CHECK(small.marks.times("detector: convicted a dead one") == before + 1);
}

TEST_CASE("DetectorMonitor: it names who thinks otherwise, and asks those only who run") {
  SmallCluster small;
  const DetectorMonitor& monitor = small.monitors.detectors();
  CHECK_FALSE(monitor.first_who_differs(kAccused, PeerState::Up).has_value());
  CHECK(monitor.first_who_differs(kAccused, PeerState::Down) == "node0 holds node2 for up");
  small.cluster.stop(0, SimMember::Power::Stays);
  small.cluster.stop(1, SimMember::Power::Stays);
  CHECK_FALSE(monitor.first_who_differs(kAccused, PeerState::Down).has_value());
}

}  // namespace
}  // namespace starling::sim
