#include "ring/member_return.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "ring/configuration.h"
#include "ring/placement.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"

namespace starling {
namespace {

Status no_return(const std::string& why) {
  return {StatusCode::Failure, "this member can not come back with another disk by itself: " + why};
}

// The step of the slot at `index`, which has the member as holder or target.
RowStep step_of(const SlotRow& row, std::size_t index, NodeId member) {
  const Slot& slot = row[index];
  const bool is_holder = slot.holder == member;
  RowStep step{.step = SlotStep::Vacate, .slot = index, .newcomer = {}};
  switch (slot.state) {
    case SlotState::Settled:
    case SlotState::Vacant:
    case SlotState::Joint:
      step.newcomer = member;
      break;
    case SlotState::Copying:
      if (is_holder) {
        step.newcomer = slot.target;
      } else {
        step.step = SlotStep::AbortMove;
      }
      break;
    case SlotState::Switched:
      step.step = is_holder ? SlotStep::FinishMove : SlotStep::StepBack;
      break;
    case SlotState::Extra:
      step.step = SlotStep::Drop;
      break;
  }
  return step;
}

std::optional<std::size_t> slot_with(const SlotRow& row, NodeId member) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const SlotNodes nodes = write_nodes(row[i]);
    if (std::ranges::find(nodes, member) != nodes.end()) return i;
  }
  return std::nullopt;
}

bool is_read(const SlotRow& row) {
  return std::ranges::any_of(row, [](const Slot& slot) { return read_node(slot).has_value(); });
}

// Where everybody in the row who was not only looked at stands in the end.
Row owners_of(const SlotRow& row) {
  Row owners;
  for (const Slot& slot : row) {
    if (slot.state == SlotState::Extra) continue;
    owners.push_back(is_moving(slot) ? slot.target : slot.holder);
  }
  return owners;
}

// Where nobody aims at anything a vacant slot would stay so.
void aim_at_holders(Configuration& after, PartitionId partition) {
  const SlotRow& row = after.rows[partition.value];
  const bool is_vacant =
      std::ranges::any_of(row, [](const Slot& slot) { return slot.state == SlotState::Vacant; });
  if (!is_vacant || after.aim(partition) != nullptr) return;
  const auto place = std::ranges::lower_bound(after.aims, partition, {}, &RowAim::partition);
  after.aims.insert(place, {.partition = partition, .owners = owners_of(row)});
}

void rename_store(Configuration& after, const ReturningMember& returning) {
  for (ConfigMember& member : after.members) {
    if (member.member.id == returning.member) member.store = returning.store;
  }
  // Of what is voted on next the new disk has promised as little as all others have.
  for (Voter& voter : after.voters) {
    if (voter.node == returning.member) voter.store = returning.store;
  }
  std::ranges::sort(after.voters);
}

}  // namespace

Result<Configuration> configuration_of_return(const Configuration& current,
                                              const ReturningMember& returning,
                                              const ProposalEvidence& evidence) {
  const ConfigMember* const member = current.member(returning.member);
  if (member == nullptr) return no_return("it is none any more");
  if (member->intent == MemberIntent::Remove) return no_return("it was given up");
  if (member->store == returning.store) return no_return("the cluster knows it by this disk");
  Configuration after = successor_of(current);
  rename_store(after, returning);
  const ProposalFacts facts(after, evidence);
  for (std::size_t i = 0; i < current.rows.size(); ++i) {
    const SlotRow& row = current.rows[i];
    const std::optional<std::size_t> slot = slot_with(row, returning.member);
    if (!slot.has_value()) continue;
    const PartitionId partition{static_cast<std::uint16_t>(i)};
    const std::string name = "partition " + std::to_string(i);
    const RowStep step = step_of(row, *slot, returning.member);
    if (facts.judge(row, step, partition) != StepVerdict::Allowed) {
      return no_return(name + " can not take the step '" + std::string(to_text(step.step)) +
                       "' yet");
    }
    take_step(after, partition, step);
    if (!is_read(after.rows[i])) {
      return no_return(name +
                       " has no other copy. Put the old data directory back; if it is lost, so is "
                       "what was in there: give the member up with cluster remove");
    }
    aim_at_holders(after, partition);
  }
  return after;
}

}  // namespace starling
