#include "ring/preference_list.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "ring/rendezvous.h"
#include "ring/ring.h"
#include "ring/slot.h"
#include "ring/token.h"

namespace starling {
namespace {

struct Candidate {
  NodeId node;
  bool other_zone = false;  // a zone that holds no copy yet
  std::uint64_t score = 0;
};

bool better(const Candidate& left, const Candidate& right) {
  if (left.other_zone != right.other_zone) return left.other_zone;
  if (left.score != right.score) return left.score > right.score;
  return left.node < right.node;
}

// The best few of all that were offered, in order.
class Podium {
 public:
  void offer(Candidate candidate) {
    for (std::size_t i = 0; i < count_; ++i) {
      if (better(candidate, places_.at(i))) std::swap(candidate, places_.at(i));
    }
    if (count_ < places_.size()) places_.at(count_++) = candidate;
  }

  [[nodiscard]] std::vector<NodeId> nodes() const {
    std::vector<NodeId> nodes;
    nodes.reserve(count_);
    for (std::size_t i = 0; i < count_; ++i) nodes.push_back(places_.at(i).node);
    return nodes;
  }

 private:
  std::array<Candidate, kFallbacksMax> places_{};
  std::size_t count_ = 0;
};

// The order is the partition's, not the key's: so that the hints of one partition that miss an
// owner gather on few nodes, which then stream them home together.
std::vector<NodeId> fallbacks_of(const Ring& ring, PartitionId partition) {
  const std::span<const NodeId> row = ring.row(partition);
  if (ring.members().size() == row.size()) return {};
  std::vector<std::uint32_t> zones;
  zones.reserve(row.size());
  for (const NodeId owner : row) zones.push_back(ring.place_of(owner)->zone);
  Podium podium;
  for (const Ring::Place& place : ring.places()) {
    if (std::ranges::find(row, place.node) != row.end()) continue;
    if (ring.members()[place.member].weight == 0) continue;
    podium.offer({.node = place.node,
                  .other_zone = std::ranges::find(zones, place.zone) == zones.end(),
                  .score = rendezvous_score(place.node.value, partition.value)});
  }
  return podium.nodes();
}

}  // namespace

PreferenceList preference_list_of(const Ring& ring, Token token) {
  PreferenceList list;
  list.partition = ring.partition_of(token);
  const std::span<const NodeId> row = ring.row(list.partition);
  // The token's top bits are the partition and the same for all its keys; the low ones differ.
  const std::span<const Slot> slots = ring.slots(list.partition);
  const auto turn = static_cast<std::ptrdiff_t>((token.value & 0xFFFFFFFFU) % slots.size());
  if (ring.is_settled(list.partition)) {
    list.owners.assign(row.begin(), row.end());
    std::ranges::rotate(list.owners, list.owners.begin() + turn);
  } else {
    list.slots.assign(slots.begin(), slots.end());
    std::ranges::rotate(list.slots, list.slots.begin() + turn);
    for (const Slot& slot : list.slots) {
      const SlotNodes nodes = write_nodes(slot);
      list.owners.insert(list.owners.end(), nodes.begin(), nodes.end());
    }
  }
  list.fallbacks = fallbacks_of(ring, list.partition);
  return list;
}

}  // namespace starling
