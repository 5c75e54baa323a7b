#include "sim/sim_operator.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/random.h"
#include "sim/sim_member.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::seconds;

TEST_CASE("SimOperator: a comparison of everything ends, and finds nothing where nothing differs") {
  SmallCluster small;
  SimOperator who(small.events, small.cluster, small.marks, Random(5));
  const auto report = who.compare(true, seconds(30));
  REQUIRE(report.has_value());
  CHECK(report->progress.finished());
  CHECK(report->progress.compared > 0);
  CHECK(report->progress.keys_differing == 0);
  CHECK(report->absent.empty());
}

TEST_CASE("SimOperator: a member that does not run is absent from it, and asked for nothing") {
  SmallCluster small;
  small.cluster.stop(1, SimMember::Power::Stays);
  small.wait(seconds(3));
  SimOperator who(small.events, small.cluster, small.marks, Random(5));
  const auto report = who.compare(false, seconds(30));
  REQUIRE(report.has_value());
  CHECK(report->absent.size() == 1);
}

TEST_CASE("SimOperator: gives orders until it is stopped, which begin runs that end") {
  SmallCluster small;
  SimOperator who(small.events, small.cluster, small.marks, Random(5));
  who.go_on();
  small.wait(seconds(60));
  who.stop();
  const auto begun = small.marks.times("repair: ordered");
  CHECK(begun >= 3);
  CHECK(small.marks.times("repair: a run by order ended") > 0);
  small.wait(seconds(60));
  CHECK(small.marks.times("repair: ordered") == begun);
}

TEST_CASE("SimOperator: says so when there was no end in time") {
  SmallCluster small;
  for (std::uint32_t node = 0; node < 3; ++node) {
    small.cluster.stop(node, SimMember::Power::Stays);
  }
  SimOperator who(small.events, small.cluster, small.marks, Random(5));
  CHECK_FALSE(who.compare(false, seconds(5)).has_value());
}

}  // namespace
}  // namespace starling::sim
