#include "node/part_options.h"

#include <algorithm>
#include <cstdint>

#include "env/storage_engine.h"
#include "node/coordinator.h"
#include "node/handoff_service.h"
#include "node/node_options.h"
#include "node/replica_service.h"
#include "replica/replica_store.h"

namespace starling {
namespace {

// A few batches of each replica's lane: its disk never waits for the next, and a small write never
// stands behind more than that.
constexpr std::uint64_t kLargePutBytesMax = std::uint64_t{3} << 20U;

CommitDemand ordinary_demand(const NodeOptions& options) {
  return options.durability == DurabilityMode::Sync ? CommitDemand::Synced : CommitDemand::Written;
}

}  // namespace

ReplicaStoreOptions store_options(const NodeOptions& options) {
  return {.ordinary_demand = ordinary_demand(options),
          .cache_bytes_max = options.record_cache_bytes_max,
          .queued_bytes_max = options.commit_queue_bytes_max,
          .client_queued_bytes_max = client_share(options.commit_queue_bytes_max),
          .siblings_max = options.siblings_max,
          .planted = options.planted};
}

CoordinatorOptions coordinator_options(const NodeOptions& options) {
  return {.operations_max = options.operations_max,
          .operation_bytes_max = options.operation_bytes_max,
          .draining_bytes_max = options.draining_bytes_max,
          .large_put_bytes_max = std::min(options.commit_queue_bytes_max / 2, kLargePutBytesMax),
          .replica_patience = options.replica_patience,
          .planted = options.planted};
}

HandoffService::Options handoff_options(const NodeOptions& options) {
  return {.hints = {.ledger = {.bytes_max = options.hint_bytes_max, .hints_max = options.hints_max},
                    .ordinary_demand = ordinary_demand(options)},
          .planted = options.planted};
}

ReplicaService::Options replica_options(const NodeOptions& options) {
  return {.waiting_reply_bytes_max = options.waiting_reply_bytes_max, .planted = options.planted};
}

}  // namespace starling
