#include "ring/configuration.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "ring/cluster_config.h"
#include "ring/slot.h"

namespace starling {
namespace {

Status corrupt(std::string_view what) {
  return {StatusCode::Corruption,
          "a configuration of the cluster can not be used: " + std::string(what)};
}

std::string_view name_of_member(const ConfigMember& member) {
  return member.member.name;
}

template <typename Range, typename Projection>
bool is_strictly_ascending(const Range& range, Projection projection) {
  const auto out_of_order =
      std::ranges::adjacent_find(range, std::ranges::greater_equal{}, projection);
  return out_of_order == range.end();
}

bool brings_somebody(const StagedChange& change) {
  return change.kind == ChangeKind::Join || change.kind == ChangeKind::Replace;
}

// One a member, so that nothing contradicts itself.
Status check_staged(const Configuration& configuration) {
  if (configuration.staged.size() > kStagedMax) return corrupt("too many changes are staged");
  std::set<NodeId> changed;
  for (const StagedChange& change : configuration.staged) {
    const bool brings = brings_somebody(change);
    const bool concerns = change.kind != ChangeKind::Join;
    const bool sound =
        change.kind <= ChangeKind::Remove && (brings || change.newcomer == ConfigMember{}) &&
        change.newcomer.intent == MemberIntent::Stay && (concerns || change.member == NodeId{});
    const bool of_member = !concerns || (configuration.member(change.member) != nullptr &&
                                         changed.insert(change.member).second);
    if (!sound || !of_member) return corrupt("a staged change is impossible");
  }
  return Status::success();
}

// Members and voters: the founders' rules hold for who joins later as well.
Status check_people(const Configuration& configuration) {
  ClusterConfig as_founded{.cluster = configuration.cluster,
                           .partitions = static_cast<std::uint32_t>(configuration.rows.size()),
                           .replicas = configuration.replicas,
                           .founders = {},
                           .secret = {}};
  for (const ConfigMember& member : configuration.members) {
    as_founded.founders.push_back(member.member);
  }
  for (const StagedChange& change : configuration.staged) {
    if (brings_somebody(change)) as_founded.founders.push_back(change.newcomer.member);
  }
  const Status status = as_founded.check();
  if (!status.ok()) return corrupt(status.message());
  if (!is_strictly_ascending(configuration.members, name_of_member)) {
    return corrupt("its members are not in order");
  }
  const std::size_t voters = configuration.voters.size();
  const bool sensible = voters == 2 || (voters % 2 == 1 && voters <= kVotersMax);
  if (!sensible || !is_strictly_ascending(configuration.voters, &Voter::node)) {
    return corrupt("its voters are not 1, 2, 3, 5 or 7 members in order");
  }
  const bool all_members = std::ranges::all_of(configuration.voters, [&](const Voter& voter) {
    return configuration.member(voter.node) != nullptr;
  });
  return all_members ? Status::success() : corrupt("a voter is no member");
}

class RowCheck {
 public:
  explicit RowCheck(const Configuration& configuration) : epoch_(configuration.epoch) {
    for (const ConfigMember& member : configuration.members) nodes_.push_back(member.member.id);
    std::ranges::sort(nodes_);
  }

  [[nodiscard]] bool is_sound(std::span<const Slot> row) const {
    if (row.empty() || row.size() > kSlotsMax) return false;
    std::vector<NodeId> seen;
    for (const Slot& slot : row) {
      if (!is_sound(slot)) return false;
      for (const NodeId node : write_nodes(slot)) seen.push_back(node);
    }
    return are_distinct_members(seen);
  }

  [[nodiscard]] bool are_distinct_members(std::vector<NodeId> nodes) const {
    std::ranges::sort(nodes);
    return std::ranges::adjacent_find(nodes) == nodes.end() && std::ranges::includes(nodes_, nodes);
  }

 private:
  [[nodiscard]] bool is_sound(const Slot& slot) const {
    if (slot.state > SlotState::Joint || slot.since > epoch_ || slot.since.value == 0) return false;
    if (!is_moving(slot) && slot.target != NodeId{}) return false;
    const bool may_be_read_before =
        slot.state == SlotState::Copying || slot.state == SlotState::Extra;
    return may_be_read_before || !slot.read_before;
  }

  Epoch epoch_;
  std::vector<NodeId> nodes_;
};

Status check_rows(const Configuration& configuration) {
  if (configuration.row_versions.size() != configuration.rows.size()) {
    return corrupt("not each row has a version");
  }
  const RowCheck check(configuration);
  for (std::size_t i = 0; i < configuration.rows.size(); ++i) {
    const RowVersion version = configuration.row_versions[i];
    const bool possible = version.value > 0 && version.value <= configuration.epoch.value;
    if (!possible || !check.is_sound(configuration.rows[i])) {
      return corrupt("the row of partition " + std::to_string(i) + " is impossible");
    }
  }
  const auto partition_of_aim = [](const RowAim& aim) { return aim.partition; };
  if (!is_strictly_ascending(configuration.aims, partition_of_aim)) {
    return corrupt("its aims are not in order");
  }
  for (const RowAim& aim : configuration.aims) {
    const bool possible = aim.partition.value < configuration.rows.size() && !aim.owners.empty() &&
                          aim.owners.size() <= kReplicasMax &&
                          check.are_distinct_members(aim.owners);
    if (!possible) {
      return corrupt("the aim of partition " + std::to_string(aim.partition.value) +
                     " is impossible");
    }
  }
  return Status::success();
}

}  // namespace

const ConfigMember* Configuration::member(NodeId id) const {
  const auto found = std::ranges::find_if(
      members, [&](const ConfigMember& candidate) { return candidate.member.id == id; });
  return found == members.end() ? nullptr : &*found;
}

const RowAim* Configuration::aim(PartitionId partition) const {
  const auto found = std::ranges::lower_bound(aims, partition, {}, &RowAim::partition);
  return found == aims.end() || found->partition != partition ? nullptr : &*found;
}

Status Configuration::check() const {
  if (epoch.value == 0) return corrupt("it has no epoch");
  if (protocol_min == 0 || protocol_min > protocol_max) return corrupt("its protocols are none");
  STARLING_RETURN_IF_ERROR(check_people(*this));
  STARLING_RETURN_IF_ERROR(check_staged(*this));
  return check_rows(*this);
}

}  // namespace starling
