#include "node/part_options.h"

#include <doctest/doctest.h>

#include "env/storage_engine.h"
#include "node/node_options.h"

namespace starling {
namespace {

TEST_CASE("PartOptions: clients fill seven eighths of the commit queue, peers all of it") {
  const ReplicaStoreOptions store = store_options({.commit_queue_bytes_max = 8000});
  CHECK(store.queued_bytes_max == 8000);
  CHECK(store.client_queued_bytes_max == 7000);
}

TEST_CASE("PartOptions: large values under way leave half of every commit queue free") {
  CHECK(coordinator_options({.commit_queue_bytes_max = 1000}).large_put_bytes_max == 500);
  CHECK(coordinator_options({}).large_put_bytes_max == std::size_t{3} << 20U);
}

TEST_CASE("PartOptions: a write that counts when it is synced demands a sync") {
  CHECK(store_options({.durability = DurabilityMode::Sync}).ordinary_demand ==
        CommitDemand::Synced);
  CHECK(store_options({.durability = DurabilityMode::None}).ordinary_demand ==
        CommitDemand::Written);
}

TEST_CASE("PartOptions: each bound reaches the part it is for") {
  const NodeOptions options{.operations_max = 11,
                            .operation_bytes_max = 12,
                            .draining_bytes_max = 13,
                            .waiting_reply_bytes_max = 14,
                            .siblings_max = 15};
  CHECK(coordinator_options(options).operations_max == 11);
  CHECK(coordinator_options(options).operation_bytes_max == 12);
  CHECK(coordinator_options(options).draining_bytes_max == 13);
  CHECK(replica_options(options).waiting_reply_bytes_max == 14);
  CHECK(store_options(options).siblings_max == 15);
}

}  // namespace
}  // namespace starling
