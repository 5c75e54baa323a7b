#include "sim/sim_storage.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "starling/status.h"

#include "base/assert.h"
#include "base/random.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "sim/sim_store.h"

namespace starling::sim {
namespace {

// How long background work may take, in groups.
constexpr int kGroupsWithoutRest = 20;

std::uint64_t bytes_of(const std::vector<StorageWrite>& batch) {
  std::uint64_t bytes = 0;
  for (const StorageWrite& write : batch) {
    bytes += write.key.size() + (write.value.has_value() ? write.value->size() : 0);
  }
  return bytes;
}

}  // namespace

SimStorage::SimStorage(SimStore& store, Host host, Random random, Speed speed)
    : store_(&store), host_(std::move(host)), random_(random), speed_(speed) {}

CommitTicket SimStorage::commit(std::vector<StorageWrite> batch, CommitDemand demand) {
  const CommitTicket ticket{++tickets_};
  if (stopped_) return ticket;
  const std::uint64_t bytes = bytes_of(batch);
  queued_bytes_ += bytes;
  waiting_.bytes += bytes;
  waiting_.last = ticket;
  if (demand == CommitDemand::Synced) waiting_.demand = demand;
  waiting_.batches.push_back(std::move(batch));
  if (under_way_.batches.empty()) begin_group();
  return ticket;
}

Status SimStorage::commit_now(std::vector<StorageWrite> batch) {
  STARLING_CHECK(waiting_.batches.empty() && under_way_.batches.empty());
  SimStore::Batches group;
  group.push_back(std::move(batch));
  if (host_.observed) host_.observed(group);
  return store_->write(group, CommitDemand::Synced);
}

void SimStorage::begin_group() {
  under_way_ = std::exchange(waiting_, {});
  if (host_.now) under_way_.begun = host_.now();
  host_.later(random_.between(speed_.fastest, speed_.slowest), [this] { finish_group(); });
}

void SimStorage::finish_group() {
  if (host_.observed) host_.observed(under_way_.batches);
  const Status status = store_->write(under_way_.batches, under_way_.demand);
  if (store_->is_struck()) return host_.struck();
  if (status.ok()) {
    written_behind_ = std::exchange(through_, under_way_.last);
    written_begun_ = under_way_.begun;
    if (host_.now) written_done_ = host_.now();
  }
  queued_bytes_ -= under_way_.bytes;
  under_way_ = {};
  if (!status.ok()) {
    stopped_ = true;
    waiting_ = {};
    queued_bytes_ = 0;
  }
  if (!waiting_.batches.empty()) begin_group();
  if (store_->has_background()) {
    // A thread of its own in the daemon, and a slow one: it writes megabytes while others go on.
    host_.later(random_.between(Duration(0), kGroupsWithoutRest * speed_.slowest),
                [this] { rest(); });
  }
  host_.completed(through_, status);
}

std::optional<CommitTiming> SimStorage::timing_of(CommitTicket ticket) const {
  if (!host_.now || ticket <= written_behind_ || ticket > through_) return std::nullopt;
  const Instant now = host_.now();
  return CommitTiming{.begun_ago = now - written_begun_, .done_ago = now - written_done_};
}

void SimStorage::rest() {
  store_->run_background();
  if (store_->is_struck()) host_.struck();
}

void SimStorage::reopen(SimStore& store) {
  STARLING_CHECK(under_way_.batches.empty() && waiting_.batches.empty());
  store_ = &store;
  stopped_ = false;
}

void SimStorage::abandon() {
  if (host_.observed) host_.observed(under_way_.batches);
  store_->die(under_way_.batches, random_);
  under_way_ = {};
  waiting_ = {};
  queued_bytes_ = 0;
}

}  // namespace starling::sim
