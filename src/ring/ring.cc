#include "ring/ring.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "ring/member.h"
#include "ring/partition.h"
#include "ring/placement.h"
#include "ring/token.h"

namespace starling {

Ring::Ring(Epoch epoch, std::uint64_t token_seed, std::vector<RingMember> members,
           PlacementTable rows, std::vector<RowVersion> row_versions)
    : epoch_(epoch),
      token_seed_(token_seed),
      members_(std::move(members)),
      rows_(std::move(rows)),
      row_versions_(std::move(row_versions)) {
  STARLING_CHECK(check_partition_count(rows_.size()).ok());
  STARLING_CHECK(row_versions_.size() == rows_.size());
  std::ranges::sort(members_, {}, &RingMember::name);
  index_members();
}

void Ring::index_members() {
  std::vector<std::string_view> zones;
  zones.reserve(members_.size());
  for (const RingMember& member : members_) zones.push_back(member.zone);
  std::ranges::sort(zones);
  for (std::uint32_t i = 0; i < members_.size(); ++i) {
    // Not dense: the zone's first position among the sorted names is a number as good as any.
    const auto zone = std::lower_bound(zones.begin(), zones.end(), members_[i].zone);
    places_.push_back({.node = members_[i].id,
                       .zone = static_cast<std::uint32_t>(zone - zones.begin()),
                       .member = i});
  }
  std::ranges::sort(places_, {}, &Place::node);
  for (const Row& row : rows_) {
    STARLING_CHECK(!row.empty());
    for (const NodeId owner : row) {
      const Place* const place = place_of(owner);
      STARLING_CHECK(place != nullptr);
      ++places_[static_cast<std::size_t>(place - places_.data())].slots;
    }
  }
}

const Ring::Place* Ring::place_of(NodeId id) const {
  const auto place = std::lower_bound(
      places_.begin(), places_.end(), id,
      [](const Place& candidate, NodeId wanted) { return candidate.node < wanted; });
  return place != places_.end() && place->node == id ? &*place : nullptr;
}

const RingMember* Ring::member(NodeId id) const {
  const Place* const place = place_of(id);
  return place == nullptr ? nullptr : &members_[place->member];
}

Token Ring::token_of(std::string_view bucket, std::string_view key) const {
  return starling::token_of(bucket, key, token_seed_);
}

PartitionId Ring::partition_of(Token token) const {
  return starling::partition_of(token, partitions());
}

std::span<const NodeId> Ring::row(PartitionId partition) const {
  STARLING_CHECK(partition.value < rows_.size());
  return rows_[partition.value];
}

RowVersion Ring::row_version(PartitionId partition) const {
  STARLING_CHECK(partition.value < row_versions_.size());
  return row_versions_[partition.value];
}

bool Ring::owns(NodeId node, PartitionId partition) const {
  return std::ranges::find(row(partition), node) != row(partition).end();
}

std::uint32_t Ring::slots_of(NodeId node) const {
  const Place* const place = place_of(node);
  return place == nullptr ? 0 : place->slots;
}

}  // namespace starling
