#include "sim/sim_storage.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/random.h"
#include "env/storage_engine.h"
#include "sim/sim_disk.h"

namespace starling::sim {
namespace {

std::uint64_t bytes_of(const std::vector<StorageWrite>& batch) {
  std::uint64_t bytes = 0;
  for (const StorageWrite& write : batch) {
    bytes += write.key.size() + (write.value.has_value() ? write.value->size() : 0);
  }
  return bytes;
}

Status unreadable() {
  return {StatusCode::Corruption, "the simulated disk can not read this entry"};
}

}  // namespace

SimStorage::SimStorage(SimDisk& disk, Host host, Random random, Speed speed)
    : disk_(disk), host_(std::move(host)), random_(random), speed_(speed) {}

Result<std::optional<std::string>> SimStorage::get(std::string_view key) {
  const auto found = disk_.visible().find(key);
  if (found == disk_.visible().end()) return std::optional<std::string>();
  std::string value = found->second;
  const std::optional<Damage> damage = disk_.damage_of(key);
  if (damage == Damage::Unreadable) return unreadable();
  if (damage == Damage::FlippedByte && !value.empty()) {
    // Not always the same byte: header, clock and value are checked by different code.
    value.at(random_.below(value.size())) ^= 0x20;
  }
  return std::optional<std::string>(std::move(value));
}

Status SimStorage::scan(std::string_view from, std::string_view to, const Visitor& visit) {
  const bool damaged = disk_.has_damage_within(from, to);
  const auto& entries = disk_.visible();
  for (auto entry = entries.lower_bound(from); entry != entries.end() && entry->first < to;
       ++entry) {
    if (damaged && disk_.damage_of(entry->first).has_value()) return unreadable();
    if (!visit(entry->first, entry->second)) return Status::success();
  }
  return Status::success();
}

CommitTicket SimStorage::commit(std::vector<StorageWrite> batch, CommitDemand demand) {
  const CommitTicket ticket{++tickets_};
  const std::uint64_t bytes = bytes_of(batch);
  queued_bytes_ += bytes;
  waiting_.push_back({std::move(batch), demand, ticket, bytes});
  if (under_way_.empty()) begin_group();
  return ticket;
}

Status SimStorage::commit_now(std::vector<StorageWrite> batch) {
  STARLING_CHECK(waiting_.empty() && under_way_.empty());
  if (failing_) return {StatusCode::Failure, "the simulated disk fails"};
  write({std::move(batch), CommitDemand::Synced, {}, 0});
  disk_.sync();
  return Status::success();
}

void SimStorage::begin_group() {
  under_way_ = std::exchange(waiting_, {});
  host_.later(random_.between(speed_.fastest, speed_.slowest), [this] { finish_group(); });
}

void SimStorage::finish_group() {
  const std::vector<Queued> group = std::exchange(under_way_, {});
  const CommitTicket through = group.back().ticket;
  if (failing_) {
    host_.completed(through, {StatusCode::Failure, "the simulated disk fails"});
    return;
  }
  bool wants_sync = false;
  for (const Queued& queued : group) {
    write(queued);
    wants_sync = wants_sync || queued.demand == CommitDemand::Synced;
    queued_bytes_ -= queued.bytes;
  }
  if (wants_sync) disk_.sync();
  if (!waiting_.empty()) begin_group();
  host_.completed(through, Status::success());
}

void SimStorage::write(const Queued& queued) {
  if (host_.observed) host_.observed(queued.batch);
  disk_.write(queued.batch);
}

void SimStorage::abandon() {
  const std::size_t arrived = random_.below(under_way_.size() + 1);
  for (std::size_t i = 0; i < arrived; ++i) write(under_way_.at(i));
  under_way_.clear();
  waiting_.clear();
  queued_bytes_ = 0;
}

}  // namespace starling::sim
