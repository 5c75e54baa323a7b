#include "sim/sim_map_store.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/random.h"
#include "env/storage_engine.h"
#include "sim/sim_disk.h"
#include "sim/sim_file_faults.h"

namespace starling::sim {
namespace {

Status unreadable() {
  return {StatusCode::Corruption, "the simulated disk can not read this entry"};
}

}  // namespace

Result<std::optional<std::string>> SimMapStore::get(std::string_view key) {
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

Status SimMapStore::scan(std::string_view from, std::string_view to,
                         const StorageEngine::Visitor& visit) {
  const bool damaged = disk_.has_damage_within(from, to);
  const auto& entries = disk_.visible();
  for (auto entry = entries.lower_bound(from); entry != entries.end() && entry->first < to;
       ++entry) {
    if (damaged && disk_.damage_of(entry->first).has_value()) return unreadable();
    if (!visit(entry->first, entry->second)) return Status::success();
  }
  return Status::success();
}

Status SimMapStore::write(const Batches& group, CommitDemand demand) {
  if (faults_.write_fault() == WriteFault::ShortAppend) {
    // Whether the failed write was the last that still fitted is seen only later, or never.
    if (random_.below(2) == 0) {
      for (const std::vector<StorageWrite>& batch : group) disk_.write(batch);
      disk_.sync();
    }
    return {StatusCode::DiskFull, "the simulated disk is full"};
  }
  // However else a write fails, this store writes nothing of it.
  if (faults_.write_fault() != WriteFault::None)
    return {StatusCode::Failure, "the simulated disk fails"};
  for (const std::vector<StorageWrite>& batch : group) disk_.write(batch);
  if (demand == CommitDemand::Synced) disk_.sync();
  return Status::success();
}

void SimMapStore::die(const Batches& group, Random& random) {
  const std::size_t arrived = random.below(group.size() + 1);
  for (std::size_t i = 0; i < arrived; ++i) disk_.write(group.at(i));
}

}  // namespace starling::sim
