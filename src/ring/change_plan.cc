#include "ring/change_plan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "ring/configuration.h"
#include "ring/member.h"
#include "ring/placement.h"
#include "ring/slot.h"
#include "ring/succession.h"

namespace starling {
namespace {

Status usage(const std::string& what) {
  return {StatusCode::Usage, what};
}

std::string_view name_of(const ConfigMember& member) {
  return member.member.name;
}

bool stays(const ConfigMember& member) {
  return member.intent == MemberIntent::Stay;
}

// Applies staged changes to the members, one kind after the other.
class Staging {
 public:
  explicit Staging(const Configuration& before) : after_(successor_of(before)) {
    after_.staged.clear();
  }

  Status apply(const StagedChanges& changes) {
    for (const ConfigMember& joining : changes.joins) STARLING_RETURN_IF_ERROR(join(joining));
    for (const StagedChanges::Replacement& replacement : changes.replacements) {
      STARLING_RETURN_IF_ERROR(join(replacement.by));
      STARLING_RETURN_IF_ERROR(go(replacement.old_member, MemberIntent::Leave));
      successors_.emplace(replacement.old_member, replacement.by.member.id);
    }
    for (const NodeId node : changes.leaves) {
      STARLING_RETURN_IF_ERROR(go(node, MemberIntent::Leave));
    }
    for (const NodeId node : changes.removals) {
      STARLING_RETURN_IF_ERROR(go(node, MemberIntent::Remove));
    }
    for (const StagedChanges::Reweighing& reweighing : changes.reweighings) {
      STARLING_RETURN_IF_ERROR(reweigh(reweighing));
    }
    if (changes.replicas) after_.replicas = *changes.replicas;
    return finish();
  }

  Configuration& after() { return after_; }
  // Who takes over from a member that is replaced.
  [[nodiscard]] NodeId heir_of(NodeId node) const {
    const auto found = successors_.find(node);
    return found == successors_.end() ? node : found->second;
  }

 private:
  Status finish() {
    std::ranges::sort(after_.members, {}, name_of);
    if (std::ranges::none_of(after_.members, stays)) {
      return usage("nobody would be left; a cluster has one member at least");
    }
    const Status status = after_.check();
    return status.ok() ? status : usage(status.message());
  }

  ConfigMember* find(NodeId node) {
    const auto found = std::ranges::find_if(
        after_.members, [&](const ConfigMember& member) { return member.member.id == node; });
    return found == after_.members.end() ? nullptr : &*found;
  }

  static Status no_member(NodeId node) {
    return usage("there is no member with the id " + to_text(node.value));
  }

  Status join(const ConfigMember& joining) {
    for (const ConfigMember& member : after_.members) {
      if (member.member.name == joining.member.name) {
        return usage("there is a member '" + joining.member.name +
                     "' already; give the new one another name, or replace the old one");
      }
      if (member.member.address == joining.member.address) {
        return usage("the member '" + member.member.name + "' has the address " +
                     joining.member.address);
      }
    }
    after_.members.push_back(joining);
    after_.members.back().intent = MemberIntent::Stay;
    return Status::success();
  }

  Status reweigh(const StagedChanges::Reweighing& reweighing) {
    ConfigMember* const member = find(reweighing.member);
    if (member == nullptr) return no_member(reweighing.member);
    if (reweighing.weight == 0) return usage("a weight must be above 0");
    member->member.weight = reweighing.weight;
    return Status::success();
  }

  Status go(NodeId node, MemberIntent intent) {
    ConfigMember* const member = find(node);
    if (member == nullptr) return no_member(node);
    // Who was to leave and died meanwhile is removed.
    if (!stays(*member) && (intent == MemberIntent::Leave || member->intent == intent)) {
      return usage("'" + member->member.name + "' is on its way out already");
    }
    member->intent = intent;
    return Status::success();
  }

  Configuration after_;
  std::map<NodeId, NodeId> successors_;
};

std::vector<RingMember> staying_members(const Configuration& configuration) {
  std::vector<RingMember> members;
  for (const ConfigMember& member : configuration.members) {
    if (stays(member)) members.push_back(member.member);
  }
  return members;
}

bool same_owners(Row left, Row right) {
  std::ranges::sort(left);
  std::ranges::sort(right);
  return left == right;
}

// Rows that are there already, and settled, need no aim.
void set_aims(Configuration& after, const PlacementTable& table) {
  after.aims.clear();
  for (std::size_t i = 0; i < table.size(); ++i) {
    Row holders;
    bool settled = true;
    for (const Slot& slot : after.rows[i]) {
      holders.push_back(slot.holder);
      settled = settled && slot.state == SlotState::Settled;
    }
    if (settled && same_owners(holders, table[i])) continue;
    after.aims.push_back(
        {.partition = PartitionId{static_cast<std::uint16_t>(i)}, .owners = table[i]});
  }
}

// What has to travel from the rows as they are, nothing being there yet of what is on its way.
void count_moves(ChangePlan& plan, std::span<const std::uint64_t> partition_bytes) {
  std::uint64_t bytes = 0;
  std::map<NodeId, std::int64_t> gained;
  for (const RowAim& aim : plan.after.aims) {
    const std::size_t index = aim.partition.value;
    const SlotRow& row = plan.after.rows[index];
    for (const Slot& slot : row) {
      if (const auto reader = read_node(slot)) --gained[*reader];
    }
    for (const NodeId owner : aim.owners) {
      ++gained[owner];
      const bool there =
          std::ranges::any_of(row, [&](const Slot& slot) { return read_node(slot) == owner; });
      if (there) continue;
      ++plan.moves;
      if (index < partition_bytes.size()) bytes += partition_bytes[index];
    }
  }
  for (const auto& [node, slots] : gained) {
    plan.moves_least += static_cast<std::uint64_t>(std::max<std::int64_t>(slots, 0));
  }
  if (!partition_bytes.empty()) plan.bytes = bytes;
}

std::map<NodeId, std::uint32_t> slots_in(const PlacementTable& table) {
  std::map<NodeId, std::uint32_t> slots;
  for (const Row& row : table) {
    for (const NodeId owner : row) ++slots[owner];
  }
  return slots;
}

void compare_balance(ChangePlan& plan, const PlacementTable& before, const PlacementTable& after) {
  const std::map<NodeId, std::uint32_t> had = slots_in(before);
  const std::map<NodeId, std::uint32_t> has = slots_in(after);
  const auto count = [](const std::map<NodeId, std::uint32_t>& slots, NodeId node) {
    const auto found = slots.find(node);
    return found == slots.end() ? 0 : found->second;
  };
  for (const ConfigMember& member : plan.after.members) {
    const NodeId node = member.member.id;
    plan.balance.push_back({.member = node, .before = count(had, node), .after = count(has, node)});
  }
}

std::string plural(std::size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

void warn_of_copies(ChangePlan& plan, std::size_t slots_before) {
  const std::vector<RingMember> members = staying_members(plan.after);
  const std::size_t copies = std::min<std::size_t>(members.size(), plan.after.replicas);
  if (members.size() < plan.after.replicas) {
    plan.warnings.push_back(plural(members.size(), "member") + " can hold " +
                            plural(copies, "copy's slot") + " of each key; " +
                            std::to_string(plan.after.replicas) + " are configured");
  }
  if (copies < slots_before) {
    plan.warnings.push_back("each key goes from " + std::to_string(slots_before) + " copies to " +
                            std::to_string(copies));
  }
  std::set<std::string> zones;
  for (const RingMember& member : members) zones.insert(member.zone);
  if (zones.size() > 1 && zones.size() < copies) {
    plan.warnings.push_back("copies of a key share a zone: there are " +
                            plural(zones.size(), "zone") + " for " + std::to_string(copies) +
                            " copies");
  }
}

// A zone whose weight asks for more than one copy of each key can not have it.
void warn_of_full_zones(ChangePlan& plan) {
  std::map<std::string, std::uint64_t> weights;
  std::uint64_t all = 0;
  const std::vector<RingMember> members = staying_members(plan.after);
  for (const RingMember& member : members) {
    weights[member.zone] += member.weight;
    all += member.weight;
  }
  const std::size_t copies = std::min<std::size_t>(members.size(), plan.after.replicas);
  if (weights.size() <= 1 || weights.size() < copies) return;
  for (const auto& [zone, weight] : weights) {
    if (weight * copies <= all) continue;
    plan.warnings.push_back("the zone '" + zone + "' gets less than its weight: it has " +
                            std::to_string(weight * 100 / all) +
                            " % of it, and one copy of each key at most");
  }
}

void warn_of_losses(ChangePlan& plan) {
  const auto is_gone = [&](NodeId node) {
    return plan.after.member(node)->intent == MemberIntent::Remove;
  };
  std::size_t lost = 0;
  std::size_t thin = 0;
  for (const SlotRow& row : plan.after.rows) {
    std::size_t left = 0;
    std::size_t gone = 0;
    for (const Slot& slot : row) {
      const std::optional<NodeId> reader = read_node(slot);
      if (!reader || is_gone(*reader)) {
        ++gone;
      } else {
        ++left;
      }
    }
    lost += left == 0 ? 1 : 0;
    thin += left > 0 && gone > 1 ? 1 : 0;
  }
  if (lost > 0) {
    plan.warnings.push_back(plural(lost, "partition") +
                            " would have no copy left: what is in there is lost");
  }
  if (thin > 0) {
    plan.warnings.push_back(plural(thin, "partition") +
                            " would lose more than one copy at once; writes that only those "
                            "have acknowledged are lost");
  }
}

}  // namespace

PlacementTable owners_of(const Configuration& configuration) {
  PlacementTable table;
  table.reserve(configuration.rows.size());
  for (std::size_t i = 0; i < configuration.rows.size(); ++i) {
    const auto partition = PartitionId{static_cast<std::uint16_t>(i)};
    if (const RowAim* const aim = configuration.aim(partition)) {
      table.push_back(aim->owners);
      continue;
    }
    Row owners;
    for (const Slot& slot : configuration.rows[i]) {
      owners.push_back(is_moving(slot) ? slot.target : slot.holder);
    }
    table.push_back(std::move(owners));
  }
  return table;
}

std::vector<Voter> choose_voters(const Configuration& configuration) {
  const std::vector<RingMember> members = staying_members(configuration);
  const std::size_t wanted = voters_for(members.size());
  std::vector<Voter> voters;
  std::map<std::string, std::size_t> in_zone;
  const auto votes = [](const std::vector<Voter>& among, NodeId node) {
    return std::ranges::find(among, node, &Voter::node) != among.end();
  };
  while (voters.size() < wanted) {
    const RingMember* best = nullptr;
    const auto rank = [&](const RingMember& member) {
      // Spread first, then as few changes as can be.
      return std::pair(in_zone[member.zone], votes(configuration.voters, member.id) ? 0 : 1);
    };
    for (const RingMember& member : members) {
      if (votes(voters, member.id)) continue;
      if (best == nullptr || rank(member) < rank(*best)) best = &member;
    }
    voters.push_back({.node = best->id, .store = configuration.member(best->id)->store});
    ++in_zone[best->zone];
  }
  std::ranges::sort(voters);
  return voters;
}

Result<ChangePlan> plan_changes(const Configuration& before, const StagedChanges& changes,
                                std::span<const std::uint64_t> partition_bytes) {
  Staging staging(before);
  STARLING_RETURN_IF_ERROR(staging.apply(changes));
  ChangePlan plan;
  plan.after = std::move(staging.after());
  const PlacementTable owners = owners_of(before);
  PlacementTable inherited = owners;
  for (Row& row : inherited) {
    for (NodeId& owner : row) owner = staging.heir_of(owner);
  }
  const PlacementTable table =
      plan_placement(inherited, {.partitions = static_cast<std::uint32_t>(owners.size()),
                                 .replicas = plan.after.replicas,
                                 .members = staying_members(plan.after)});
  set_aims(plan.after, table);
  plan.after.voters = choose_voters(plan.after);
  count_moves(plan, partition_bytes);
  compare_balance(plan, owners, table);
  warn_of_copies(plan, owners.front().size());
  warn_of_full_zones(plan);
  warn_of_losses(plan);
  return plan;
}

}  // namespace starling
