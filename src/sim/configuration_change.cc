#include "sim/configuration_change.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "starling/result.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/random.h"
#include "ring/change_plan.h"
#include "ring/configuration.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"

namespace starling::sim {
namespace {

constexpr std::uint32_t kWeightMin = 50;
constexpr std::uint32_t kWeightMax = 200;

void change_voters(Configuration& after, Random random) {
  std::vector<Voter> voters;
  voters.reserve(after.members.size());
  for (const ConfigMember& member : after.members) {
    voters.push_back({.node = member.member.id, .store = member.store});
  }
  for (std::size_t i = 0; i + 1 < voters.size(); ++i) {
    std::swap(voters[i], voters[i + random.below(voters.size() - i)]);
  }
  // Rarely fewer than there may be: a disk that is lost must seldom be the last vote.
  const std::size_t most = voters_for(voters.size());
  voters.resize(random.below(4) == 0 ? 1 : most);
  std::ranges::sort(voters);
  after.voters = std::move(voters);
}

std::vector<NodeId> strangers_to(const SlotRow& row, const Configuration& configuration) {
  std::vector<NodeId> strangers;
  for (const ConfigMember& member : configuration.members) {
    const bool stays = member.intent == MemberIntent::Stay;
    if (stays && !is_in_row(row, member.member.id)) strangers.push_back(member.member.id);
  }
  return strangers;
}

// The step back from what was begun in the row; nothing: nothing was, or that takes evidence.
std::optional<RowStep> step_back(const SlotRow& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool unread = !row[i].read_before;
    if (row[i].state == SlotState::Switched) return RowStep{.step = SlotStep::StepBack, .slot = i};
    if (row[i].state == SlotState::Copying && unread) {
      return RowStep{.step = SlotStep::AbortMove, .slot = i};
    }
    if (row[i].state == SlotState::Extra && unread) {
      return RowStep{.step = SlotStep::Drop, .slot = i};
    }
  }
  return std::nullopt;
}

void move_rows(Configuration& after, Random random) {
  for (std::size_t i = 0; i < after.rows.size(); ++i) {
    if (random.below(2) == 0) continue;
    const PartitionId partition{static_cast<std::uint16_t>(i)};
    const SlotRow row = after.rows[i];
    if (const std::optional<RowStep> back = step_back(row)) {
      take_step(after, partition, *back);
      continue;
    }
    const std::vector<NodeId> strangers = strangers_to(row, after);
    if (strangers.empty() || !is_settled(row)) continue;
    const bool widens = random.below(4) == 0;
    take_step(after, partition,
              {.step = widens ? SlotStep::StartGrow : SlotStep::StartMove,
               .slot = widens ? row.size() : random.below(row.size()),
               .newcomer = strangers[random.below(strangers.size())]});
  }
}

}  // namespace

Configuration draw_change(const Configuration& before, Random random) {
  Configuration after = successor_of(before);
  if (random.below(3) == 0) change_voters(after, random.fork("voters"));
  if (random.below(8) != 0) move_rows(after, random.fork("rows"));
  ConfigMember& member = after.members[random.below(after.members.size())];
  member.member.weight = static_cast<std::uint32_t>(random.between(kWeightMin, kWeightMax));
  return after;
}

Configuration draw_aims(const Configuration& before, Random random) {
  StagedChanges changes;
  for (const ConfigMember& member : before.members) {
    if (random.below(2) == 0) continue;
    // So far apart that something has to move.
    const std::uint32_t weight = random.below(2) == 0 ? kWeightMin : 4 * kWeightMax;
    changes.reweighings.push_back({.member = member.member.id, .weight = weight});
  }
  const Result<ChangePlan> plan = plan_changes(before, changes, {});
  STARLING_CHECK(plan.ok());
  Configuration after = plan->after;
  after.staged = before.staged;
  return after;
}

}  // namespace starling::sim
