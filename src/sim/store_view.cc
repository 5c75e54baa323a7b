#include "sim/store_view.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "message/client_messages.h"
#include "ring/ring.h"
#include "sim/history.h"
#include "sim/monitors.h"
#include "sim/sim_cluster.h"
#include "sim/sim_disk.h"
#include "version/sibling_set.h"

namespace starling::sim {

std::vector<std::uint32_t> StoreView::owners_of(std::uint32_t key) const {
  const KeyAddress& address = history_.keys.at(key).address;
  const Ring& ring = cluster_.newest_ring();
  const PartitionId partition = ring.partition_of(ring.token_of(address.bucket, address.key));
  std::vector<std::uint32_t> owners;
  for (std::uint32_t node = 0; node < cluster_.size(); ++node) {
    if (ring.reads_at(cluster_.member(node).id(), partition)) owners.push_back(node);
  }
  return owners;
}

std::uint32_t StoreView::trusted(std::uint32_t key) const {
  const std::vector<std::uint32_t> owners = owners_of(key);
  return static_cast<std::uint32_t>(
      std::count_if(owners.begin(), owners.end(),
                    [this](std::uint32_t node) { return !cluster_.is_written_off(node); }));
}

std::optional<SiblingSet> StoreView::record_at(std::uint32_t node, std::uint32_t key) const {
  const std::string& store_key = monitors_.store_key_of(key);
  const SimDisk::Image& disk = cluster_.member(node).disk().visible();
  const auto found = disk.find(store_key);
  if (found == disk.end()) return SiblingSet();
  return Monitors::versions_in(store_key, found->second);
}

// Replicas whose record can not be read though all was done that could be: no other one has any.
std::uint32_t StoreView::unreadable(std::uint32_t key) const {
  std::uint32_t unreadable = 0;
  for (const std::uint32_t node : owners_of(key)) {
    const std::optional<SiblingSet> record = record_at(node, key);
    if (!record.has_value()) ++unreadable;
    if (record.has_value() && !record->empty()) return 0;
  }
  return unreadable;
}

// A key of which two replicas would show a client different values, if it asked them alone.
std::optional<std::uint32_t> StoreView::first_disagreement() const {
  for (std::uint32_t key = 0; key < history_.keys.size(); ++key) {
    if (unreadable(key) > 0) continue;
    std::optional<Hash128> first;
    for (const std::uint32_t node : owners_of(key)) {
      if (cluster_.is_written_off(node)) continue;
      const std::optional<SiblingSet> record = record_at(node, key);
      if (!record.has_value()) return key;
      const Hash128 digest = visible_digest(history_.keys.at(key).address.key, *record);
      if (first.value_or(digest) != digest) return key;
      first = digest;
    }
  }
  return std::nullopt;
}

}  // namespace starling::sim
