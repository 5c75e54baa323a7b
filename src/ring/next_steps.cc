#include "ring/next_steps.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "ring/change_plan.h"
#include "ring/configuration.h"
#include "ring/placement.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"

namespace starling {
namespace {

bool contains(const Row& owners, NodeId node) {
  return std::ranges::find(owners, node) != owners.end();
}

// Whether its disk is given up.
bool is_gone(const Configuration& configuration, NodeId node) {
  const ConfigMember* const member = configuration.member(node);
  return member == nullptr || member->intent == MemberIntent::Remove;
}

// Who sends and who receives, with the steps that are chosen already.
class Streams {
 public:
  Streams(const Configuration& current, StreamLimits limits) : current_(current), limits_(limits) {
    for (const SlotRow& row : current.rows) add(row);
  }

  // Whether the streams of a row as it would be fit in besides the others; a step that begins none
  // always does.
  [[nodiscard]] bool admits(const SlotRow& before, const SlotRow& after) {
    const auto filled = [&](const Slot& slot) { return is_filled(slot); };
    const bool begins =
        std::ranges::count_if(after, filled) > std::ranges::count_if(before, filled);
    add(before, -1);
    add(after, 1);
    const bool fits = !begins || within(after);
    if (!fits) {
      add(after, -1);
      add(before, 1);
    }
    return fits;
  }

 private:
  // Nothing goes to who is gone, nor comes from there.
  [[nodiscard]] bool is_filled(const Slot& slot) const {
    const bool in_need = slot.state == SlotState::Copying || slot.state == SlotState::Vacant ||
                         slot.state == SlotState::Extra;
    return in_need && !is_gone(current_, slot.holder);
  }

  void add(const SlotRow& row, int count = 1) {
    for (const Slot& slot : row) {
      if (!is_filled(slot)) continue;
      if (slot.state == SlotState::Copying) {
        incoming_[slot.target] += count;
        outgoing_[slot.holder] += count;
        continue;
      }
      incoming_[slot.holder] += count;
      for (const Slot& other : row) {
        if (const auto reader = read_node(other)) outgoing_[*reader] += count;
      }
    }
  }

  [[nodiscard]] bool within(const SlotRow& row) {
    return std::ranges::all_of(row, [&](const Slot& slot) {
      return std::ranges::all_of(write_nodes(slot), [&](NodeId node) {
        return incoming_[node] <= static_cast<int>(limits_.incoming_max) &&
               outgoing_[node] <= static_cast<int>(limits_.outgoing_max);
      });
    });
  }

  const Configuration& current_;
  StreamLimits limits_;
  std::map<NodeId, int> incoming_;
  std::map<NodeId, int> outgoing_;
};

// The steps that bring one row nearer to its owners, the most useful first; the guards choose.
class RowWay {
 public:
  RowWay(const Configuration& current, const SlotRow& row, const Row& owners,
         std::span<const NodeId> given_up)
      : current_(current), row_(row), owners_(owners), given_up_(given_up) {}

  std::vector<RowStep> wanted() {
    for (std::size_t i = 0; i < row_.size(); ++i) go_on(i);
    if (row_.size() < owners_.size() && !has_dead_slot()) {
      if (const auto newcomer = next_newcomer()) {
        steps_.push_back({.step = SlotStep::StartGrow, .slot = row_.size(), .newcomer = *newcomer});
      }
    }
    for (std::size_t i = 0; i < row_.size(); ++i) begin(i);
    return std::move(steps_);
  }

 private:
  void add(SlotStep step, std::size_t slot, NodeId newcomer = {}) {
    steps_.push_back({.step = step, .slot = slot, .newcomer = newcomer});
  }

  // A slot that is on its way.
  void go_on(std::size_t index) {
    const Slot& slot = row_[index];
    const bool holder_wanted = contains(owners_, slot.holder);
    const bool target_wanted = contains(owners_, slot.target);
    switch (slot.state) {
      case SlotState::Settled:
        break;
      case SlotState::Copying:
        go_on_copying(index, target_wanted);
        break;
      case SlotState::Switched:
        add(target_wanted && !goes_back(slot) ? SlotStep::FinishMove : SlotStep::StepBack, index);
        break;
      case SlotState::Vacant:
        go_on_vacant(index, holder_wanted);
        break;
      case SlotState::Extra:
        add(holder_wanted && !has_dead_slot() ? SlotStep::Admit : SlotStep::Drop, index);
        break;
      case SlotState::Joint:
        // On its way out beside a dead slot, it stays until that one is dropped.
        add(holder_wanted || has_dead_slot() ? SlotStep::CountIn : SlotStep::Withdraw, index);
        break;
    }
  }

  void go_on_copying(std::size_t index, bool target_wanted) {
    const Slot& slot = row_[index];
    if (target_wanted && is_gone(slot.holder)) add(SlotStep::Vacate, index, slot.target);
    add(target_wanted && !goes_back(slot) ? SlotStep::Switch : SlotStep::AbortMove, index);
  }

  void go_on_vacant(std::size_t index, bool holder_wanted) {
    if (holder_wanted) return add(SlotStep::Fill, index);
    if (row_.size() > owners_.size()) return add(SlotStep::DropVacant, index);
    if (const auto newcomer = next_newcomer()) add(SlotStep::Vacate, index, *newcomer);
  }

  // A slot whose holder is to be another one, or none.
  void begin(std::size_t index) {
    const Slot& slot = row_[index];
    if (slot.state == SlotState::Joint && is_gone(slot.holder)) {
      return add(SlotStep::Vacate, index, slot.holder);
    }
    if (slot.state != SlotState::Settled || contains(owners_, slot.holder)) return;
    const bool gone = is_gone(slot.holder);
    if (row_.size() > owners_.size()) {
      if (gone) return add(SlotStep::Vacate, index, slot.holder);
      if (!has_dead_slot()) add(SlotStep::StartShrink, index);
      return;
    }
    const std::optional<NodeId> newcomer = next_newcomer();
    if (newcomer && !gone && is_given_up(*newcomer)) return;
    if (newcomer) add(gone ? SlotStep::Vacate : SlotStep::StartMove, index, *newcomer);
  }

  // A slot whose holder is given up is seen to before N changes in other ways: an extra slot would
  // have to be filled from it as well, so the newcomer comes in its place rather than beside it.
  [[nodiscard]] bool has_dead_slot() const {
    return std::ranges::any_of(row_, [&](const Slot& slot) {
      const bool counted = slot.state != SlotState::Extra && slot.state != SlotState::Joint;
      return counted && !is_moving(slot) && is_gone(slot.holder);
    });
  }

  [[nodiscard]] bool is_gone(NodeId node) const { return starling::is_gone(current_, node); }
  [[nodiscard]] bool is_given_up(NodeId node) const {
    return std::ranges::find(given_up_, node) != given_up_.end();
  }
  // A move whose target is given up, and whose holder is still there.
  [[nodiscard]] bool goes_back(const Slot& slot) const {
    return is_given_up(slot.target) && !is_gone(slot.holder);
  }

  // An owner that stands nowhere in the row yet.
  [[nodiscard]] std::optional<NodeId> next_newcomer() const {
    const auto found =
        std::ranges::find_if(owners_, [&](NodeId owner) { return !is_in_row(row_, owner); });
    return found == owners_.end() ? std::nullopt : std::optional(*found);
  }

  const Configuration& current_;
  const SlotRow& row_;
  const Row& owners_;
  std::span<const NodeId> given_up_;
  std::vector<RowStep> steps_;
};

bool has_arrived(const SlotRow& row, const Row& owners) {
  return row.size() == owners.size() && std::ranges::all_of(row, [&](const Slot& slot) {
           return slot.state == SlotState::Settled && contains(owners, slot.holder);
         });
}

// Of a move that was given up: the aim has the holder in the place of the target. (Where nobody
// wants the target any more, the aim does not have it.) A holder that is to go does not stay: the
// move begins again.
void keep_holder(Configuration& after, PartitionId partition, const Slot& moving) {
  const ConfigMember* const holder = after.member(moving.holder);
  if (holder == nullptr || holder->intent != MemberIntent::Stay) return;
  const auto aim = std::ranges::lower_bound(after.aims, partition, {}, &RowAim::partition);
  if (aim == after.aims.end() || aim->partition != partition) return;
  if (!contains(aim->owners, moving.holder)) {
    std::ranges::replace(aim->owners, moving.target, moving.holder);
  }
}

void drop_arrived_aims(Configuration& after) {
  std::erase_if(after.aims, [&](const RowAim& aim) {
    return has_arrived(after.rows[aim.partition.value], aim.owners);
  });
}

bool stands_in(const std::vector<SlotRow>& rows, NodeId node) {
  return std::ranges::any_of(rows, [&](const SlotRow& row) { return is_in_row(row, node); });
}

// One epoch after the last slot was given away: that it knows of it is evidence, which counts from
// members only.
void let_go(Configuration& after, const std::vector<SlotRow>& rows_before,
            std::span<const NodeId> kept) {
  std::erase_if(after.members, [&](const ConfigMember& member) {
    const NodeId node = member.member.id;
    const bool waits =
        member.intent == MemberIntent::Leave && std::ranges::find(kept, node) != kept.end();
    if (waits) return false;
    const bool gets_slots = std::ranges::any_of(
        after.aims, [&](const RowAim& aim) { return contains(aim.owners, node); });
    return member.intent != MemberIntent::Stay && !gets_slots && !stands_in(after.rows, node) &&
           !stands_in(rows_before, node);
  });
  std::erase_if(after.staged, [&](const StagedChange& change) {
    return change.kind != ChangeKind::Join && after.member(change.member) == nullptr;
  });
}

// Only where somebody is gone: a set of voters that is good enough is left alone.
void renew_voters(Configuration& after) {
  const bool all_there = std::ranges::all_of(after.voters, [&](const Voter& voter) {
    const ConfigMember* const member = after.member(voter.node);
    return member != nullptr && member->store == voter.store;
  });
  if (!all_there) after.voters = choose_voters(after);
}

}  // namespace

std::vector<PartitionStep> next_steps(const Configuration& current,
                                      const ProposalEvidence& evidence, StreamLimits limits,
                                      std::span<const NodeId> given_up) {
  const ProposalFacts facts(current, evidence);
  const Epoch next{current.epoch.value + 1};
  Streams streams(current, limits);
  std::vector<PartitionStep> steps;
  for (const RowAim& aim : current.aims) {
    const SlotRow& row = current.rows[aim.partition.value];
    for (const RowStep& step : RowWay(current, row, aim.owners, given_up).wanted()) {
      if (facts.judge(row, step, aim.partition) != StepVerdict::Allowed) continue;
      if (!streams.admits(row, after_step(row, step, next))) continue;
      steps.push_back({.partition = aim.partition, .step = step});
      break;
    }
  }
  return steps;
}

std::optional<Configuration> next_configuration(const Configuration& current,
                                                const ProposalEvidence& evidence,
                                                StreamLimits limits,
                                                std::span<const NodeId> given_up,
                                                std::span<const NodeId> kept) {
  Configuration after = successor_of(current);
  for (const PartitionStep& step : next_steps(current, evidence, limits, given_up)) {
    take_step(after, step.partition, step.step);
    if (step.step.step != SlotStep::AbortMove) continue;
    keep_holder(after, step.partition, current.rows[step.partition.value][step.step.slot]);
  }
  drop_arrived_aims(after);
  let_go(after, current.rows, kept);
  renew_voters(after);
  if (after == successor_of(current)) return std::nullopt;
  return after;
}

}  // namespace starling
