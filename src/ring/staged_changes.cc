#include "ring/staged_changes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/hash.h"
#include "base/ids.h"
#include "ring/change_plan.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/placement.h"
#include "ring/slot.h"
#include "ring/succession.h"

namespace starling {
namespace {

Status misuse(std::string what) {
  return {StatusCode::Usage, std::move(what)};
}

std::string name_of(const Configuration& configuration, NodeId node) {
  const ConfigMember* const member = configuration.member(node);
  return member == nullptr ? to_text(node.value) : member->member.name;
}

std::string names_of(const Configuration& configuration) {
  std::string names;
  for (const ConfigMember& member : configuration.members) {
    names += (names.empty() ? "" : ", ") + member.member.name;
  }
  return names;
}

StagedChanges changes_of(const std::vector<StagedChange>& staged) {
  StagedChanges changes;
  for (const StagedChange& change : staged) {
    switch (change.kind) {
      case ChangeKind::Join:
        changes.joins.push_back(change.newcomer);
        break;
      case ChangeKind::Leave:
        changes.leaves.push_back(change.member);
        break;
      case ChangeKind::Replace:
        changes.replacements.push_back({.old_member = change.member, .by = change.newcomer});
        break;
      case ChangeKind::Remove:
        changes.removals.push_back(change.member);
        break;
    }
  }
  return changes;
}

bool same_subject(const StagedChange& left, const StagedChange& right) {
  const bool joins = left.kind == ChangeKind::Join;
  if (joins != (right.kind == ChangeKind::Join)) return false;
  return joins ? left.newcomer.member.name == right.newcomer.member.name
               : left.member == right.member;
}

Status nothing_staged(const Configuration& configuration) {
  std::string message = "no change is staged";
  for (const std::string& line : changes_under_way(configuration)) message += "; " + line;
  return {StatusCode::ConditionFailed,
          message + (changes_under_way(configuration).empty()
                         ? std::string()
                         : "; what is committed can not be taken back")};
}

// Each key keeps its copies. (Taking one away is a way of its own, for which facts of all members
// are needed at one of them; nothing gathers those yet.)
Status check_copies(const Configuration& before, const std::vector<StagedChange>& staged) {
  std::int64_t members = 0;
  for (const ConfigMember& member : before.members) {
    members += member.intent == MemberIntent::Stay ? 1 : 0;
  }
  for (const StagedChange& change : staged) {
    const ConfigMember* const member = before.member(change.member);
    const bool goes = member != nullptr && member->intent == MemberIntent::Stay;
    members -= goes ? 1 : 0;
    members += change.kind == ChangeKind::Join || change.kind == ChangeKind::Replace ? 1 : 0;
  }
  const PlacementTable owners = owners_of(before);
  const auto copies =
      static_cast<std::int64_t>(std::ranges::max_element(owners, {}, &Row::size)->size());
  const std::int64_t after = std::min<std::int64_t>(members, before.replicas);
  if (after >= std::min<std::int64_t>(copies, before.replicas)) return Status::success();
  return misuse("only " + std::to_string(members) + " members would be left, and each key has " +
                std::to_string(copies) +
                " copies, one a member: members can not become fewer than copies in this version");
}

bool is_going(const ConfigMember* member, MemberIntent at_least) {
  return member == nullptr || member->intent >= at_least;
}

bool has_come(const Configuration& configuration, const ConfigMember& newcomer) {
  const ConfigMember* const member = configuration.member(newcomer.member.id);
  return member != nullptr && member->store == newcomer.store;
}

}  // namespace

Result<StagedChange> change_of(const Configuration& before, ChangeKind kind,
                               std::string_view name) {
  const NodeId node = node_id_of(name);
  if (before.member(node) != nullptr) return StagedChange{.kind = kind, .member = node};
  return misuse("there is no member '" + std::string(name) + "'; the members are " +
                names_of(before));
}

Result<StagedChange> coming_of(const Configuration& before, std::string_view replaced,
                               const ConfigMember& newcomer) {
  const std::string& name = newcomer.member.name;
  if (before.member(newcomer.member.id) != nullptr) {
    return misuse("there is a member '" + name +
                  "' already: start the new node with another --name");
  }
  if (replaced.empty()) return StagedChange{.kind = ChangeKind::Join, .newcomer = newcomer};
  STARLING_ASSIGN_OR_RETURN(found, StagedChange change,
                            change_of(before, ChangeKind::Replace, replaced));
  change.newcomer = newcomer;
  return change;
}

Result<Configuration> with_staged(const Configuration& before, const StagedChange& change) {
  Configuration after = successor_of(before);
  std::erase_if(after.staged,
                [&](const StagedChange& other) { return same_subject(other, change); });
  if (after.staged.size() >= kStagedMax) {
    return Status(StatusCode::Overloaded, std::to_string(kStagedMax) +
                                              " changes are staged, the most there may be: commit "
                                              "them, or take them back");
  }
  after.staged.push_back(change);
  // What can not be done with all the others is refused now, not when it is to be committed.
  STARLING_RETURN_IF_ERROR(plan_changes(before, changes_of(after.staged), {}).status());
  STARLING_RETURN_IF_ERROR(check_copies(before, after.staged));
  const Status status = after.check();
  if (!status.ok()) return misuse(status.message());
  return after;
}

Result<Configuration> without_staged(const Configuration& before) {
  if (before.staged.empty()) return nothing_staged(before);
  Configuration after = successor_of(before);
  after.staged.clear();
  return after;
}

Result<ChangePlan> staged_plan(const Configuration& before,
                               std::span<const std::uint64_t> partition_bytes) {
  return plan_changes(before, changes_of(before.staged), partition_bytes);
}

std::uint64_t plan_number(const Configuration& before) {
  Configuration basis = before;
  basis.epoch = Epoch{1};
  basis.previous = {};
  basis.voters.clear();
  basis.aims.clear();
  const PlacementTable owners = owners_of(before);
  for (std::size_t i = 0; i < owners.size(); ++i) {
    basis.rows[i].clear();
    for (const NodeId owner : owners[i]) {
      basis.rows[i].push_back({.holder = owner, .target = {}, .since = Epoch{1}});
    }
    basis.row_versions[i] = RowVersion{1};
  }
  const std::uint64_t number = digest_of(basis).high;
  return number == 0 ? 1 : number;
}

Result<Configuration> committed(const Configuration& before, std::uint64_t number) {
  if (before.staged.empty()) return nothing_staged(before);
  if (number != plan_number(before)) {
    return Status(StatusCode::ConditionFailed,
                  "the plan " + to_text(number) +
                      " is not what would be done now: the staged changes, the members or the "
                      "owners have changed since it was shown. Look at the plan again (cluster "
                      "plan), and commit that one");
  }
  STARLING_ASSIGN_OR_RETURN(planned, const ChangePlan plan, staged_plan(before, {}));
  return plan.after;
}

bool is_staged(const Configuration& configuration, const StagedChange& change) {
  return std::ranges::find(configuration.staged, change) != configuration.staged.end();
}

bool is_committed(const Configuration& configuration, const StagedChange& change) {
  const ConfigMember* const member = configuration.member(change.member);
  switch (change.kind) {
    case ChangeKind::Join:
      return has_come(configuration, change.newcomer);
    case ChangeKind::Leave:
      return is_going(member, MemberIntent::Leave);
    case ChangeKind::Replace:
      return is_going(member, MemberIntent::Leave) && has_come(configuration, change.newcomer);
    case ChangeKind::Remove:
      return is_going(member, MemberIntent::Remove);
  }
  return false;
}

std::string words_of(const StagedChange& change, const Configuration& configuration) {
  const std::string name = name_of(configuration, change.member);
  const std::string newcomer =
      change.newcomer.member.name + " (" + change.newcomer.member.address + ")";
  switch (change.kind) {
    case ChangeKind::Join:
      return "join " + newcomer;
    case ChangeKind::Leave:
      return "leave " + name;
    case ChangeKind::Replace:
      return "replace " + name + " by " + newcomer;
    case ChangeKind::Remove:
      return "remove " + name;
  }
  return "";
}

std::vector<std::string> changes_under_way(const Configuration& configuration) {
  std::vector<std::string> lines;
  for (const SlotsLeft& left : slots_left(configuration)) {
    const std::string& name = left.member->member.name;
    switch (left.member->intent) {
      case MemberIntent::Stay:
        lines.push_back(name + " gets " + std::to_string(left.coming) + " slots");
        break;
      case MemberIntent::Leave:
        lines.push_back(name + " is leaving: " + std::to_string(left.going) + " slots are left");
        break;
      case MemberIntent::Remove:
        lines.push_back(name + " is being removed: " + std::to_string(left.going) +
                        " slots are left");
        break;
    }
  }
  return lines;
}

std::vector<SlotsLeft> slots_left(const Configuration& configuration) {
  std::map<NodeId, SlotsLeft> all;
  for (const RowAim& aim : configuration.aims) {
    const SlotRow& row = configuration.rows[aim.partition.value];
    for (const NodeId owner : aim.owners) {
      const bool there = std::ranges::any_of(row, [&](const Slot& slot) {
        return slot.state == SlotState::Settled && slot.holder == owner;
      });
      all[owner].coming += there ? 0 : 1;
    }
  }
  for (const SlotRow& row : configuration.rows) {
    for (const Slot& slot : row) {
      for (const NodeId node : write_nodes(slot)) ++all[node].going;
    }
  }
  std::vector<SlotsLeft> left;
  for (const ConfigMember& member : configuration.members) {
    SlotsLeft slots = all[member.member.id];
    slots.member = &member;
    if (member.intent == MemberIntent::Stay) slots.going = 0;
    if (slots.coming > 0 || member.intent != MemberIntent::Stay) left.push_back(slots);
  }
  return left;
}

}  // namespace starling
