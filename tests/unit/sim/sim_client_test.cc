#include "sim/sim_client.h"

#include <algorithm>
#include <chrono>

#include <doctest/doctest.h>

#include "base/random.h"
#include "sim/history.h"
#include "sim/sim_member.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::seconds;

TEST_CASE("SimClient: works until it is stopped, and every request gets its answer") {
  SmallCluster small;
  small.plan.workload.list_keys = 1;
  small.plan.workload.remove = 1;
  SimClient client(small.world, 0, Random(5));
  client.begin();
  small.wait(seconds(20));
  small.world.stopped = true;
  small.wait(seconds(5));
  CHECK(client.is_idle());
  const auto& operations = small.history.operations;
  CHECK(operations.size() > 50);
  CHECK(std::all_of(operations.begin(), operations.end(),
                    [](const Operation& operation) { return operation.succeeded(); }));
  CHECK(small.world.violations.empty());
  CHECK(small.monitors.violations().empty());
}

TEST_CASE("SimClient: a node that does not run applies nothing") {
  SmallCluster small;
  small.cluster.stop(1, SimMember::Power::Stays);
  SimClient client(small.world, 0, Random(5));
  client.read_at(1, 0, 2);
  CHECK(client.is_idle());
  CHECK(small.history.operations.back().outcome == Outcome::NotApplied);
}

TEST_CASE("SimClient: a connection that ends takes its requests with it") {
  SmallCluster small;
  small.world.stopped = true;
  SimClient client(small.world, 0, Random(5));
  client.read_at(1, 0, 2);
  small.cluster.stop(1, SimMember::Power::Stays);
  small.wait(seconds(1));
  CHECK(client.is_idle());
  CHECK(small.history.operations.back().outcome == Outcome::Disconnected);
}

}  // namespace
}  // namespace starling::sim
