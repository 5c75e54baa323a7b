#include "ring/placement.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"
#include "base/ids.h"
#include "ring/assignment.h"
#include "ring/member.h"
#include "ring/rendezvous.h"
#include "ring/share.h"

namespace starling {
namespace {

using MemberIndex = std::uint32_t;
using ZoneIndex = std::uint32_t;

struct Zone {
  std::uint64_t id = 0;
  std::uint64_t weight = 0;
  std::vector<MemberIndex> members;
  std::uint32_t quota = 0;  // slots of all rows together
  // Every row has this many of the zone's members or one more, so a level decides on one at most.
  std::uint32_t copies_in_every_row = 0;
};

// One plan: reads the previous table as member indices, shares out, assigns zones, then members.
class Plan {
 public:
  Plan(const PlacementTable& previous, const PlacementRequest& request)
      : partitions_(request.partitions),
        replicas_(std::min(request.replicas, static_cast<std::uint32_t>(request.members.size()))),
        members_(request.members) {
    std::ranges::sort(members_, {}, &RingMember::id);
    zone_of_.resize(members_.size());
    held_.resize(members_.size());
    quota_.resize(members_.size());
    collect_zones();
    collect_rows(previous);
  }

  PlacementTable run() {
    share_among_zones();
    for (const Zone& zone : zones_) share_within(zone);
    assign_zones();
    std::vector<std::vector<MemberIndex>> placed(partitions_);
    for (ZoneIndex zone = 0; zone < zones_.size(); ++zone) assign_members(zone, placed);
    return into_slots(placed);
  }

 private:
  void collect_zones() {
    std::vector<std::string> names;
    names.reserve(members_.size());
    for (const RingMember& member : members_) names.push_back(member.zone);
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    zones_.resize(names.size());
    for (MemberIndex i = 0; i < members_.size(); ++i) {
      STARLING_CHECK(members_[i].weight > 0);
      const auto place = std::lower_bound(names.begin(), names.end(), members_[i].zone);
      zone_of_[i] = static_cast<ZoneIndex>(place - names.begin());
      Zone& zone = zones_[zone_of_[i]];
      zone.id = hash64(members_[i].zone);
      zone.weight += members_[i].weight;
      zone.members.push_back(i);
    }
  }

  // Keeps each owner that is still a member in its slot; the rest of a row's slots are vacant.
  void collect_rows(const PlacementTable& previous) {
    STARLING_CHECK(previous.empty() || previous.size() == partitions_);
    before_.resize(partitions_);
    for (std::uint32_t p = 0; p < previous.size(); ++p) {
      for (const NodeId owner : previous[p]) {
        const std::optional<MemberIndex> member = index_of(owner);
        before_[p].push_back(member);
        if (member) ++held_[*member];
      }
    }
  }

  [[nodiscard]] std::optional<MemberIndex> index_of(NodeId id) const {
    const auto found = std::lower_bound(
        members_.begin(), members_.end(), id,
        [](const RingMember& member, NodeId wanted) { return member.id < wanted; });
    if (found == members_.end() || found->id != id) return std::nullopt;
    return static_cast<MemberIndex>(found - members_.begin());
  }

  [[nodiscard]] std::uint32_t held_in(const Zone& zone) const {
    std::uint32_t sum = 0;
    for (const MemberIndex member : zone.members) sum += held_[member];
    return sum;
  }

  // With N zones or more, a row has a zone once at most; with fewer it has each of them, and some
  // of them several times.
  void share_among_zones() {
    const bool enough = zones_.size() >= replicas_;
    const bool each_needed = zones_.size() <= replicas_;
    std::vector<ShareClaim> claims;
    for (const Zone& zone : zones_) {
      const auto size = static_cast<std::uint32_t>(zone.members.size());
      const std::uint32_t copies = enough ? 1 : std::min(size, replicas_);
      claims.push_back({.weight = zone.weight,
                        .least = each_needed ? partitions_ : 0,
                        .most = copies * partitions_,
                        .held = held_in(zone),
                        .preference = zone.id});
    }
    const std::vector<std::uint32_t> shares = divide_by_weight(partitions_ * replicas_, claims);
    for (ZoneIndex i = 0; i < zones_.size(); ++i) {
      zones_[i].quota = shares[i];
      zones_[i].copies_in_every_row = shares[i] / partitions_;
    }
  }

  void share_within(const Zone& zone) {
    std::vector<ShareClaim> claims;
    claims.reserve(zone.members.size());
    for (const MemberIndex member : zone.members) {
      claims.push_back({.weight = members_[member].weight,
                        .most = std::min(zone.quota, partitions_),
                        .held = held_[member],
                        .preference = members_[member].id.value});
    }
    const std::vector<std::uint32_t> shares = divide_by_weight(zone.quota, claims);
    for (std::size_t i = 0; i < shares.size(); ++i) quota_[zone.members[i]] = shares[i];
  }

  // Level 1: decides for each row which zones it has once more than every row has them.
  void assign_zones() {
    std::uint32_t demand = replicas_;
    std::vector<Taker> takers;
    for (const Zone& zone : zones_) {
      demand -= zone.copies_in_every_row;
      takers.push_back(
          {.id = zone.id, .quota = zone.quota - zone.copies_in_every_row * partitions_});
    }
    std::vector<AssignedRow> rows(partitions_);
    for (std::uint32_t p = 0; p < partitions_; ++p) {
      rows[p] = {.key = p, .demand = demand, .takers = extra_zones_of(p), .ready = {}};
    }
    mark_ready(rows);
    assign_with_fewest_moves(rows, takers);
    zones_of_row_.resize(partitions_);
    for (AssignedRow& row : rows) zones_of_row_[row.key] = std::move(row.takers);
  }

  [[nodiscard]] std::vector<ZoneIndex> extra_zones_of(std::uint32_t partition) const {
    std::vector<ZoneIndex> extra;
    for (const std::optional<MemberIndex> member : before_[partition]) {
      if (!member) continue;
      const ZoneIndex zone = zone_of_[*member];
      const auto copies = std::ranges::count_if(
          before_[partition], [&](auto other) { return other && zone_of_[*other] == zone; });
      const bool known = std::ranges::find(extra, zone) != extra.end();
      if (!known && copies > zones_[zone].copies_in_every_row) extra.push_back(zone);
    }
    return extra;
  }

  // A zone had better give up rows whose member is above its own quota: a row given up by another
  // member would cost a second move, inside the zone.
  void mark_ready(std::vector<AssignedRow>& rows) const {
    std::vector<std::uint32_t> left = held_;
    for (AssignedRow& row : rows) {
      for (const std::optional<MemberIndex> member : before_[row.key]) {
        if (!member || left[*member] <= quota_[*member]) continue;
        const ZoneIndex zone = zone_of_[*member];
        if (std::ranges::find(row.takers, zone) == row.takers.end()) continue;
        if (std::ranges::find(row.ready, zone) != row.ready.end()) continue;
        --left[*member];
        row.ready.push_back(zone);
      }
    }
  }

  // Level 2: the rows of one zone to its members. Appends to `placed`.
  void assign_members(ZoneIndex index, std::vector<std::vector<MemberIndex>>& placed) const {
    const Zone& zone = zones_[index];
    std::vector<Taker> takers;
    takers.reserve(zone.members.size());
    for (const MemberIndex member : zone.members) {
      takers.push_back({.id = members_[member].id.value, .quota = quota_[member]});
    }
    std::vector<AssignedRow> rows;
    for (std::uint32_t p = 0; p < partitions_; ++p) {
      AssignedRow row = row_within(index, p);
      if (row.demand > 0 || !row.takers.empty()) rows.push_back(std::move(row));
    }
    assign_with_fewest_moves(rows, takers);
    for (const AssignedRow& row : rows) {
      for (const TakerIndex taker : row.takers) placed[row.key].push_back(zone.members[taker]);
    }
  }

  [[nodiscard]] AssignedRow row_within(ZoneIndex index, std::uint32_t partition) const {
    const Zone& zone = zones_[index];
    const auto& extra = zones_of_row_[partition];
    const bool once_more = std::ranges::find(extra, index) != extra.end();
    AssignedRow row;
    row.key = partition;
    row.demand = zone.copies_in_every_row + (once_more ? 1 : 0);
    for (const std::optional<MemberIndex> member : before_[partition]) {
      if (!member || zone_of_[*member] != index) continue;
      const auto place = std::lower_bound(zone.members.begin(), zone.members.end(), *member);
      row.takers.push_back(static_cast<TakerIndex>(place - zone.members.begin()));
    }
    return row;
  }

  // Who stays keeps its slot, so that a row changes only where a slot changes hands. The vacant
  // slots go, in order, to the newcomers: first to those with the fewest first slots for their
  // quota.
  PlacementTable into_slots(std::vector<std::vector<MemberIndex>>& placed) const {
    PlacementTable table(partitions_);
    std::vector<std::uint32_t> first_slots = kept_first_slots(placed);
    for (std::uint32_t p = 0; p < partitions_; ++p) {
      const std::vector<std::optional<MemberIndex>> slots = kept_slots(p, placed[p]);
      std::vector<MemberIndex> newcomers;
      for (const MemberIndex member : placed[p]) {
        if (std::ranges::find(slots, std::optional(member)) == slots.end()) {
          newcomers.push_back(member);
        }
      }
      order_newcomers(newcomers, p, first_slots);
      if (!slots.front()) ++first_slots[newcomers.front()];
      auto next = newcomers.begin();
      for (const std::optional<MemberIndex>& slot : slots) {
        const MemberIndex member = slot ? *slot : *next++;
        table[p].push_back(members_[member].id);
      }
    }
    return table;
  }

  [[nodiscard]] std::vector<std::optional<MemberIndex>> kept_slots(
      std::uint32_t partition, const std::vector<MemberIndex>& placed) const {
    const std::vector<std::optional<MemberIndex>>& before = before_[partition];
    std::vector<std::optional<MemberIndex>> slots(replicas_);
    std::vector<MemberIndex> displaced;  // who stays, but whose slot a smaller N has taken away
    for (std::size_t i = 0; i < before.size(); ++i) {
      const std::optional<MemberIndex> owner = before[i];
      if (!owner || std::ranges::find(placed, *owner) == placed.end()) continue;
      if (i < slots.size()) {
        slots[i] = owner;
      } else {
        displaced.push_back(*owner);
      }
    }
    for (const MemberIndex member : displaced) {
      *std::ranges::find(slots, std::optional<MemberIndex>()) = member;
    }
    return slots;
  }

  [[nodiscard]] std::vector<std::uint32_t> kept_first_slots(
      const std::vector<std::vector<MemberIndex>>& placed) const {
    std::vector<std::uint32_t> first_slots(members_.size());
    for (std::uint32_t p = 0; p < partitions_; ++p) {
      const std::optional<MemberIndex> first = kept_slots(p, placed[p]).front();
      if (first) ++first_slots[*first];
    }
    return first_slots;
  }

  void order_newcomers(std::vector<MemberIndex>& newcomers, std::uint32_t partition,
                       const std::vector<std::uint32_t>& first_slots) const {
    std::ranges::sort(newcomers, [&](MemberIndex left, MemberIndex right) {
      const std::uint64_t left_fill = std::uint64_t{first_slots[left]} * quota_[right];
      const std::uint64_t right_fill = std::uint64_t{first_slots[right]} * quota_[left];
      if (left_fill != right_fill) return left_fill < right_fill;
      return rendezvous_score(members_[left].id.value, partition) >
             rendezvous_score(members_[right].id.value, partition);
    });
  }

  std::uint32_t partitions_;
  std::uint32_t replicas_;
  std::vector<RingMember> members_;   // by id, so that the order they came in changes nothing
  std::vector<Zone> zones_;           // by name
  std::vector<ZoneIndex> zone_of_;    // of each member
  std::vector<std::uint32_t> held_;   // slots of each member in the previous table
  std::vector<std::uint32_t> quota_;  // slots of each member in the new one
  std::vector<std::vector<std::optional<MemberIndex>>> before_;
  std::vector<std::vector<ZoneIndex>> zones_of_row_;  // those it has once more than every row
};

}  // namespace

PlacementTable plan_placement(const PlacementTable& previous, const PlacementRequest& request) {
  STARLING_CHECK(request.replicas > 0);
  STARLING_CHECK(!request.members.empty());
  return Plan(previous, request).run();
}

}  // namespace starling
