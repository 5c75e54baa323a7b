#include "node/part_options.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "node/coordinator.h"
#include "node/fill_service.h"
#include "node/handoff_service.h"
#include "node/node_options.h"
#include "node/repair_service.h"
#include "node/replica_service.h"
#include "replica/merkle_trees.h"
#include "replica/replica_store.h"
#include "ring/ring.h"

namespace starling {
namespace {

// A few batches of each replica's lane: its disk never waits for the next, and a small write never
// stands behind more than that.
constexpr std::uint64_t kLargePutBytesMax = std::uint64_t{3} << 20U;

// A read of the store's cache takes 10 µs, of a disk 100: a fiftieth of a core, or a fifth of a
// disk, while the foreground does well.
constexpr std::uint64_t kBackgroundReads = 2000;
// Those that wait before their second look are not counted.
constexpr std::size_t kBusyExchangesMax = 4;
constexpr Duration kRepairRetry = std::chrono::seconds(5);

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

MerkleTreesOptions tree_options(const NodeOptions& options, const Ring& ring, bool remembered) {
  const bool syncs = options.durability == DurabilityMode::Sync;
  return {.partition_bits = static_cast<unsigned>(std::countr_zero(ring.partitions())),
          .seed = ring.token_seed(),
          .demand = syncs ? CommitDemand::Synced : CommitDemand::Written,
          // A machine that went down may have lost writes, and kept later ones.
          .distrusts_stored = !syncs && !remembered};
}

RepairService::Options repair_options(const NodeOptions& options, Random random) {
  return {.schedule = {.cycle = options.repair_cycle,
                       .retry_min = std::min(options.repair_cycle, kRepairRetry)},
          .budget = {.reads_per_second = kBackgroundReads, .exchanges_max = kBusyExchangesMax},
          .first_operation = random.next() >> 1U,
          .planted = options.planted};
}

CoordinatorOptions coordinator_options(const NodeOptions& options) {
  return {.operations_max = options.operations_max,
          .operation_bytes_max = options.operation_bytes_max,
          .draining_bytes_max = options.draining_bytes_max,
          .large_put_bytes_max = std::min(options.commit_queue_bytes_max / 2, kLargePutBytesMax),
          .replica_patience = options.replica_patience,
          .slow_request = options.slow_request,
          .planted = options.planted};
}

HandoffService::Options handoff_options(const NodeOptions& options) {
  return {.hints = {.ledger = {.bytes_max = options.hint_bytes_max, .hints_max = options.hints_max},
                    .ordinary_demand = ordinary_demand(options)},
          .planted = options.planted};
}

FillService::Options fill_options(const NodeOptions& options, Random random) {
  return {.tokens_max = options.fill_tokens_max,
          .first_operation = random.next() >> 1U,
          .planted = options.planted};
}

ReplicaService::Options replica_options(const NodeOptions& options) {
  return {.waiting_reply_bytes_max = options.waiting_reply_bytes_max, .planted = options.planted};
}

}  // namespace starling
