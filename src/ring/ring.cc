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
#include "ring/row_demand.h"
#include "ring/slot.h"
#include "ring/token.h"

namespace starling {

namespace {

std::vector<SlotRow> settled_rows(const PlacementTable& rows,
                                  const std::vector<RowVersion>& versions) {
  STARLING_CHECK(versions.size() == rows.size());
  std::vector<SlotRow> settled(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const NodeId owner : rows[i]) {
      settled[i].push_back({.state = SlotState::Settled,
                            .holder = owner,
                            .target = {},
                            .since = Epoch{versions[i].value}});
    }
  }
  return settled;
}

Row readers_of(const SlotRow& slots) {
  Row readers;
  for (const Slot& slot : slots) {
    if (const auto reader = read_node(slot)) readers.push_back(*reader);
  }
  return readers;
}

}  // namespace

Ring::Ring(Epoch epoch, std::uint64_t token_seed, std::vector<RingMember> members,
           std::vector<SlotRow> rows, std::vector<RowVersion> row_versions)
    : epoch_(epoch),
      token_seed_(token_seed),
      members_(std::move(members)),
      slots_(std::move(rows)),
      row_versions_(std::move(row_versions)) {
  STARLING_CHECK(check_partition_count(slots_.size()).ok());
  STARLING_CHECK(row_versions_.size() == slots_.size());
  std::ranges::sort(members_, {}, &RingMember::name);
  index_members();
  index_rows();
}

Ring::Ring(Epoch epoch, std::uint64_t token_seed, std::vector<RingMember> members,
           const PlacementTable& rows, const std::vector<RowVersion>& row_versions)
    : Ring(epoch, token_seed, std::move(members), settled_rows(rows, row_versions), row_versions) {}

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
}

void Ring::index_rows() {
  rows_.resize(slots_.size());
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    const SlotRow& slots = slots_[i];
    STARLING_CHECK(!slots.empty());
    for (const Slot& slot : slots) {
      for (const NodeId owner : write_nodes(slot)) {
        const Place* const place = place_of(owner);
        STARLING_CHECK(place != nullptr);
        ++places_[static_cast<std::size_t>(place - places_.data())].slots;
        rows_[i].push_back(owner);
      }
    }
    const std::uint32_t read = slots_for_reads(slots);
    replicas_ = i == 0 ? read : std::min(replicas_, read);
    if (!starling::is_settled(slots)) unsettled_[i] = readers_of(slots);
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

std::span<const Slot> Ring::slots(PartitionId partition) const {
  STARLING_CHECK(partition.value < slots_.size());
  return slots_[partition.value];
}

bool Ring::is_settled(PartitionId partition) const {
  STARLING_CHECK(partition.value < slots_.size());
  return unsettled_.empty() || !unsettled_.contains(partition.value);
}

RowNumbers Ring::numbers(PartitionId partition) const {
  const std::span<const Slot> row = slots(partition);
  return is_settled(partition) ? RowNumbers::settled(static_cast<std::uint32_t>(row.size()))
                               : numbers_of(row);
}

std::span<const NodeId> Ring::readers(PartitionId partition) const {
  return is_settled(partition) ? row(partition)
                               : std::span<const NodeId>(unsettled_.at(partition.value));
}

RowVersion Ring::row_version(PartitionId partition) const {
  STARLING_CHECK(partition.value < row_versions_.size());
  return row_versions_[partition.value];
}

bool Ring::owns(NodeId node, PartitionId partition) const {
  return std::ranges::find(row(partition), node) != row(partition).end();
}

bool Ring::reads_at(NodeId node, PartitionId partition) const {
  return std::ranges::find(readers(partition), node) != readers(partition).end();
}

std::vector<NodeId> Ring::compared_with(NodeId node, PartitionId partition) const {
  std::vector<NodeId> full;
  for (const Slot& slot : slots(partition)) {
    for (const NodeId one : write_nodes(slot)) {
      if (!is_being_filled(slot, one)) full.push_back(one);
    }
  }
  const auto own = std::ranges::find(full, node);
  if (own == full.end()) return {};
  full.erase(own);
  return full;
}

std::uint32_t Ring::slots_of(NodeId node) const {
  const Place* const place = place_of(node);
  return place == nullptr ? 0 : place->slots;
}

}  // namespace starling
