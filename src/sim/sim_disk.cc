#include "sim/sim_disk.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "env/storage_engine.h"

namespace starling::sim {
namespace {

// Store keys begin with numbers, and end with what people called the key.
std::string printable(std::string key) {
  std::replace_if(key.begin(), key.end(), [](char byte) { return byte < ' ' || byte > '~'; }, '.');
  return key;
}

}  // namespace

std::optional<std::string> SimDisk::durable(std::string_view key) const {
  for (const std::vector<Undo>& batch : unsynced_) {
    for (const Undo& undo : batch) {
      if (undo.key == key) return undo.before;
    }
  }
  return value_of(key);
}

std::optional<std::string> SimDisk::value_of(std::string_view key) const {
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

void SimDisk::write_synced(const std::vector<std::vector<StorageWrite>>& batches) {
  for (const std::vector<StorageWrite>& batch : batches) {
    write(batch);
    for (const StorageWrite& write : batch) {
      for (std::vector<Undo>& undos : unsynced_) {
        std::erase_if(undos, [&write](const Undo& undo) { return undo.key == write.key; });
      }
    }
  }
  std::erase_if(unsynced_, [](const std::vector<Undo>& undos) { return undos.empty(); });
}

void SimDisk::doubt(const std::vector<StorageWrite>& batch) {
  for (const StorageWrite& write : batch) possible_[write.key].push_back(write.value);
}

void SimDisk::lose_power_unseen() {
  for (const std::vector<Undo>& batch : unsynced_) {
    for (const Undo& undo : batch) {
      std::vector<std::optional<std::string>>& values = possible_[undo.key];
      values.push_back(undo.before);
      values.push_back(value_of(undo.key));
    }
  }
  lose_power(0);
}

std::optional<std::string> SimDisk::contradiction(const Image& found) const {
  for (const auto& [key, value] : found) {
    if (!could_hold(key, value))
      return " holds a value that is older or nobody's, under " + printable(key);
  }
  for (const auto& [key, value] : visible_) {
    if (!found.contains(key) && !could_hold(key, std::nullopt))
      return " has lost " + printable(key);
  }
  return std::nullopt;
}

bool SimDisk::could_hold(const std::string& key, const std::optional<std::string>& value) const {
  if (value == value_of(key)) return true;
  const auto others = possible_.find(key);
  if (others == possible_.end()) return false;
  return std::find(others->second.begin(), others->second.end(), value) != others->second.end();
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
  possible_.clear();
}

void SimDisk::damage(std::string key, Damage damage) {
  damaged_.insert_or_assign(std::move(key), damage);
}

void SimDisk::rot(std::string_view key, Random& random) {
  const auto entry = visible_.find(key);
  STARLING_CHECK(entry != visible_.end() && !entry->second.empty());
  entry->second.at(random.below(entry->second.size())) ^= 0x20;
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
