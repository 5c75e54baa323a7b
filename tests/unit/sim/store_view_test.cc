#include "sim/store_view.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

#include "base/random.h"
#include "sim/sim_client.h"
#include "small_cluster.h"

namespace starling::sim {
namespace {

using std::chrono::seconds;

TEST_CASE("StoreView: what all owners hold of a key that was written") {
  SmallCluster small;
  const StoreView stores(small.cluster, small.history, small.monitors);
  CHECK(stores.owners_of(0).size() == 3);
  CHECK(stores.trusted(0) == 3);
  CHECK(stores.record_at(0, 0)->empty());
  SimClient client(small.world, 0, Random(5));
  client.begin();
  small.wait(seconds(10));
  small.world.stopped = true;
  small.wait(seconds(10));
  CHECK_FALSE(stores.record_at(0, 0)->empty());
  CHECK(stores.unreadable(0) == 0);
  CHECK_FALSE(stores.first_disagreement().has_value());
}

TEST_CASE("StoreView: who is written off is an owner that nobody trusts") {
  SmallCluster small;
  const StoreView stores(small.cluster, small.history, small.monitors);
  small.cluster.write_off(1);
  CHECK(stores.owners_of(0).size() == 3);
  CHECK(stores.trusted(0) == 2);
}

}  // namespace
}  // namespace starling::sim
