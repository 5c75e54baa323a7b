#include "sim/sim_disk.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "env/storage_engine.h"

namespace starling::sim {

std::optional<std::string> SimDisk::durable(std::string_view key) const {
  for (const std::vector<Undo>& batch : unsynced_) {
    for (const Undo& undo : batch) {
      if (undo.key == key) return undo.before;
    }
  }
  const auto found = visible_.find(key);
  if (found == visible_.end()) return std::nullopt;
  return found->second;
}

SimDisk::Image SimDisk::durable_image() const {
  SimDisk copy = *this;
  copy.lose_power(0);
  return copy.visible_;
}

void SimDisk::write(const std::vector<StorageWrite>& batch) {
  std::vector<Undo> undos;
  undos.reserve(batch.size());
  for (const StorageWrite& write : batch) {
    const auto found = visible_.find(write.key);
    Undo undo{write.key, std::nullopt};
    if (found != visible_.end()) undo.before = found->second;
    undos.push_back(std::move(undo));
    damaged_.erase(write.key);  // the new bytes lie elsewhere
    if (write.value.has_value()) {
      visible_.insert_or_assign(write.key, *write.value);
    } else if (found != visible_.end()) {
      visible_.erase(found);
    }
  }
  unsynced_.push_back(std::move(undos));
}

void SimDisk::sync() {
  unsynced_.clear();
}

void SimDisk::lose_power(std::size_t survivors) {
  STARLING_CHECK(survivors <= unsynced_.size());
  while (unsynced_.size() > survivors) {
    const std::vector<Undo>& batch = unsynced_.back();
    for (auto undo = batch.rbegin(); undo != batch.rend(); ++undo) put_back(*undo);
    unsynced_.pop_back();
  }
  // What is there after a power loss is on the disk.
  unsynced_.clear();
}

void SimDisk::put_back(const Undo& undo) {
  if (undo.before.has_value()) {
    visible_.insert_or_assign(undo.key, *undo.before);
  } else {
    visible_.erase(undo.key);
  }
}

void SimDisk::erase_everything() {
  restore({});
}

void SimDisk::restore(Image image) {
  visible_ = std::move(image);
  unsynced_.clear();
  damaged_.clear();
}

void SimDisk::damage(std::string key, Damage damage) {
  damaged_.insert_or_assign(std::move(key), damage);
}

std::optional<Damage> SimDisk::damage_of(std::string_view key) const {
  const auto found = damaged_.find(key);
  if (found == damaged_.end()) return std::nullopt;
  return found->second;
}

bool SimDisk::has_damage_within(std::string_view from, std::string_view to) const {
  const auto first = damaged_.lower_bound(from);
  return first != damaged_.end() && first->first < to;
}

}  // namespace starling::sim
