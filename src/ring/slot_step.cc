#include "ring/slot_step.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/assert.h"
#include "base/ids.h"
#include "ring/row_demand.h"
#include "ring/slot.h"

namespace starling {
namespace {

// The facts about one slot of one row.
class Guard {
 public:
  Guard(std::span<const Slot> row, std::size_t index, const StepEvidence& evidence)
      : row_(row), index_(index), slot_(row[index]), evidence_(evidence) {}

  [[nodiscard]] bool adopted(NodeId node) const {
    return std::ranges::any_of(evidence_.adoptions, [&](const Adoption& fact) {
      return fact.node == node && fact.epoch >= slot_.since;
    });
  }

  // `sink` has what the reader of `source` had in the present states of both slots: before, it may
  // not have been the reader yet.
  [[nodiscard]] bool holds(NodeId sink, const Slot& source) const {
    const std::optional<NodeId> reader = read_node(source);
    const Epoch since = std::max(slot_.since, source.since);
    return reader && std::ranges::any_of(evidence_.fillings, [&](const Filling& fact) {
             return fact.sink == sink && fact.source == *reader && fact.epoch >= since;
           });
  }

  // Nobody who was ever read for it answers at an older version.
  [[nodiscard]] bool fences(const Slot& other) const {
    const std::optional<NodeId> reader = read_node(other);
    if (!reader || !adopted(*reader)) return false;
    if (other.state == SlotState::Switched) return adopted(other.holder);
    if (other.state == SlotState::Copying && other.read_before) return adopted(other.target);
    return true;
  }

  [[nodiscard]] std::uint32_t fencing() const {
    return count_others([&](const Slot& other) { return fences(other); });
  }

  // `node` will not be heard at a version at which it was read for this slot: it knows better, or
  // it finds no quorum. An Extra slot was read in a row of one more than is read now.
  [[nodiscard]] bool retired(NodeId node) const {
    if (adopted(node)) return true;
    const std::uint32_t gone = slot_.state == SlotState::Extra ? 1 : 0;
    return fencing() >= fence_needed(slots_for_reads(row_) + gone);
  }

  // Others whose content the holder has.
  [[nodiscard]] std::uint32_t sources() const {
    return count_others([&](const Slot& other) { return holds(slot_.holder, other); });
  }
  [[nodiscard]] std::uint32_t fencing_sources() const {
    return count_others(
        [&](const Slot& other) { return fences(other) && holds(slot_.holder, other); });
  }

  [[nodiscard]] std::uint32_t others() const { return static_cast<std::uint32_t>(row_.size() - 1); }
  [[nodiscard]] std::uint32_t other_readers() const {
    return count_others([](const Slot& other) { return read_node(other).has_value(); });
  }

  [[nodiscard]] bool all_others_hold_what_holder_held() const {
    return others() == count_others([&](const Slot& other) {
             const std::optional<NodeId> reader = read_node(other);
             return reader && holds(*reader, slot_);
           });
  }

  [[nodiscard]] bool others_hold_what_each_other_held() const {
    return others() == count_others([&](const Slot& sink) {
             return others() - 1 == count_others([&](const Slot& source) {
                      return &source != &sink && holds(*read_node(sink), source);
                    });
           });
  }

 private:
  template <typename Predicate>
  [[nodiscard]] std::uint32_t count_others(Predicate predicate) const {
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < row_.size(); ++i) {
      if (i != index_ && predicate(row_[i])) ++count;
    }
    return count;
  }

  std::span<const Slot> row_;
  std::size_t index_;
  const Slot& slot_;
  const StepEvidence& evidence_;
};

bool keeps_its_size(std::span<const Slot> row) {
  return std::ranges::none_of(row, [](const Slot& slot) {
    return slot.state == SlotState::Extra || slot.state == SlotState::Joint;
  });
}

// Every slot but that at `except`.
bool is_settled(std::span<const Slot> row, std::size_t except) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i != except && row[i].state != SlotState::Settled) return false;
  }
  return true;
}

bool may_vacate(std::span<const Slot> row, const RowStep& step) {
  const Slot& slot = row[step.slot];
  if (slot.state == SlotState::Switched || slot.state == SlotState::Extra) return false;
  const bool moving = slot.state == SlotState::Copying;
  // Both nodes of a move that was switched once were read; only one of them would be fenced off.
  if (moving && slot.read_before && step.newcomer != slot.target) return false;
  const bool of_this_slot =
      step.newcomer == slot.holder || (moving && step.newcomer == slot.target);
  return of_this_slot || !is_in_row(row, step.newcomer);
}

// Whether it is a step of the slot at all.
bool fits(std::span<const Slot> row, const RowStep& step) {
  if (step.step == SlotStep::StartGrow) {
    return step.slot == row.size() && is_settled(row, row.size()) && !is_in_row(row, step.newcomer);
  }
  if (step.slot >= row.size()) return false;
  const SlotState state = row[step.slot].state;
  switch (step.step) {
    case SlotStep::StartMove:
      return state == SlotState::Settled && keeps_its_size(row) && !is_in_row(row, step.newcomer);
    case SlotStep::Switch:
    case SlotStep::AbortMove:
      return state == SlotState::Copying;
    case SlotStep::StepBack:
    case SlotStep::FinishMove:
      return state == SlotState::Switched;
    case SlotStep::Vacate:
      return may_vacate(row, step);
    case SlotStep::Fill:
      return state == SlotState::Vacant;
    case SlotStep::Admit:
    case SlotStep::Drop:
      return state == SlotState::Extra;
    case SlotStep::CountIn:
    case SlotStep::Withdraw:
      return state == SlotState::Joint;
    case SlotStep::StartShrink:
      return state == SlotState::Settled && is_settled(row, step.slot) && row.size() > 1;
    case SlotStep::DropVacant:
      return state == SlotState::Vacant && is_settled(row, step.slot) && row.size() > 1;
    case SlotStep::StartGrow:
      break;
  }
  return false;
}

StepVerdict if_retired(bool retired) {
  return retired ? StepVerdict::Allowed : StepVerdict::NotRetired;
}
StepVerdict if_filled(bool filled) {
  return filled ? StepVerdict::Allowed : StepVerdict::NotFilled;
}

StepVerdict may_fill(std::span<const Slot> row, const Guard& guard, const Slot& slot,
                     const StepEvidence& evidence) {
  if (!guard.adopted(slot.holder)) return StepVerdict::NotRetired;
  const std::uint32_t slots = slots_for_reads(row);
  if (evidence.loss_accepted) return if_filled(guard.sources() == guard.other_readers());
  return if_filled(guard.fencing_sources() >= sources_needed(slots, slots - 1));
}

StepVerdict may_drop_vacant(const Guard& guard) {
  if (guard.fencing() < guard.others()) return StepVerdict::NotRetired;
  return if_filled(guard.others_hold_what_each_other_held());
}

StepVerdict may_drop(const Guard& guard, const Slot& slot) {
  if (!slot.read_before || guard.adopted(slot.holder)) return StepVerdict::Allowed;
  return if_retired(guard.fencing() == guard.others());
}

}  // namespace

StepVerdict may_advance(std::span<const Slot> row, const RowStep& step,
                        const StepEvidence& evidence) {
  if (!fits(row, step)) return StepVerdict::WrongState;
  if (step.step == SlotStep::StartGrow) return StepVerdict::Allowed;
  const Slot& slot = row[step.slot];
  const Guard guard(row, step.slot, evidence);
  const std::uint32_t slots = slots_for_reads(row);
  switch (step.step) {
    case SlotStep::Switch:
      return if_filled(guard.holds(slot.target, slot));
    case SlotStep::FinishMove:
      return if_retired(guard.retired(slot.holder));
    case SlotStep::AbortMove:
      return if_retired(!slot.read_before || guard.retired(slot.target));
    case SlotStep::Fill:
      return may_fill(row, guard, slot, evidence);
    case SlotStep::Admit:
      return if_filled(guard.sources() >= sources_needed(slots, slots));
    case SlotStep::CountIn:
      if (evidence.loss_accepted) return if_retired(guard.fencing() == guard.other_readers());
      return if_retired(guard.fencing() >= fence_needed(slots - 1));
    case SlotStep::Withdraw:
      return if_filled(guard.all_others_hold_what_holder_held());
    case SlotStep::Drop:
      return may_drop(guard, slot);
    case SlotStep::DropVacant:
      return may_drop_vacant(guard);
    case SlotStep::StartMove:
    case SlotStep::StepBack:
    case SlotStep::Vacate:
    case SlotStep::StartGrow:
    case SlotStep::StartShrink:
      break;
  }
  return StepVerdict::Allowed;
}

SlotRow after_step(std::span<const Slot> row, const RowStep& step, Epoch epoch) {
  STARLING_CHECK(fits(row, step));
  SlotRow after(row.begin(), row.end());
  if (step.step == SlotStep::StartGrow) {
    after.push_back({.state = SlotState::Extra, .holder = step.newcomer, .since = epoch});
    return after;
  }
  Slot& slot = after[step.slot];
  const NodeId holder = slot.holder;
  const NodeId target = slot.target;
  switch (step.step) {
    case SlotStep::StartMove:
      slot = {.state = SlotState::Copying, .holder = holder, .target = step.newcomer};
      break;
    case SlotStep::Switch:
      slot = {.state = SlotState::Switched, .holder = holder, .target = target};
      break;
    case SlotStep::StepBack:
      slot = {.state = SlotState::Copying, .read_before = true, .holder = holder, .target = target};
      break;
    case SlotStep::FinishMove:
      slot = {.holder = target, .since = slot.since};
      return after;
    case SlotStep::AbortMove:
    case SlotStep::CountIn:
      slot = {.holder = holder, .since = slot.since};
      return after;
    case SlotStep::Fill:
      slot = {.holder = holder};
      break;
    case SlotStep::Vacate:
      slot = {.state = SlotState::Vacant, .holder = step.newcomer};
      break;
    case SlotStep::Admit:
    case SlotStep::StartShrink:
      slot = {.state = SlotState::Joint, .holder = holder};
      break;
    case SlotStep::Withdraw:
      slot = {.state = SlotState::Extra, .read_before = true, .holder = holder};
      break;
    case SlotStep::Drop:
    case SlotStep::DropVacant:
      after.erase(after.begin() + static_cast<std::ptrdiff_t>(step.slot));
      return after;
    case SlotStep::StartGrow:
      break;
  }
  slot.since = epoch;
  return after;
}

namespace {

constexpr std::array kStepsWithinARow{
    SlotStep::StartMove, SlotStep::Switch,      SlotStep::StepBack, SlotStep::FinishMove,
    SlotStep::AbortMove, SlotStep::Vacate,      SlotStep::Fill,     SlotStep::Admit,
    SlotStep::CountIn,   SlotStep::StartShrink, SlotStep::Withdraw};

// The first slot in which they differ; the last of `before` if all of those are equal.
std::size_t first_difference(std::span<const Slot> before, std::span<const Slot> after) {
  const auto [left, right] = std::ranges::mismatch(before, after);
  return static_cast<std::size_t>(left - before.begin());
}

bool leads(std::span<const Slot> before, const RowStep& step, std::span<const Slot> after,
           Epoch epoch) {
  if (!fits(before, step)) return false;
  return std::ranges::equal(after_step(before, step, epoch), after);
}

}  // namespace

std::optional<RowStep> step_between(std::span<const Slot> before, std::span<const Slot> after,
                                    Epoch epoch) {
  const std::size_t index = first_difference(before, after);
  if (after.size() == before.size() + 1) {
    const RowStep grow{
        .step = SlotStep::StartGrow, .slot = before.size(), .newcomer = after.back().holder};
    return leads(before, grow, after, epoch) ? std::optional(grow) : std::nullopt;
  }
  if (after.size() + 1 == before.size()) {
    for (const SlotStep kind : {SlotStep::Drop, SlotStep::DropVacant}) {
      const RowStep drop{.step = kind, .slot = index, .newcomer = {}};
      if (leads(before, drop, after, epoch)) return drop;
    }
    return std::nullopt;
  }
  if (after.size() != before.size() || index == before.size()) return std::nullopt;
  for (const SlotStep kind : kStepsWithinARow) {
    RowStep step{.step = kind, .slot = index, .newcomer = {}};
    if (kind == SlotStep::StartMove) step.newcomer = after[index].target;
    if (kind == SlotStep::Vacate) step.newcomer = after[index].holder;
    if (leads(before, step, after, epoch)) return step;
  }
  return std::nullopt;
}

std::uint32_t sources_needed(std::uint32_t slots, std::uint32_t others) {
  return std::min(majority_of(slots), others);
}

std::uint32_t fence_needed(std::uint32_t slots) {
  return slots - majority_of(slots) + 1;
}

std::string_view to_text(SlotStep step) {
  switch (step) {
    case SlotStep::StartMove:
      return "start move";
    case SlotStep::Switch:
      return "switch";
    case SlotStep::StepBack:
      return "step back";
    case SlotStep::FinishMove:
      return "finish move";
    case SlotStep::AbortMove:
      return "abort move";
    case SlotStep::Vacate:
      return "vacate";
    case SlotStep::Fill:
      return "fill";
    case SlotStep::StartGrow:
      return "start grow";
    case SlotStep::Admit:
      return "admit";
    case SlotStep::CountIn:
      return "count in";
    case SlotStep::StartShrink:
      return "start shrink";
    case SlotStep::Withdraw:
      return "withdraw";
    case SlotStep::Drop:
      return "drop";
    case SlotStep::DropVacant:
      return "drop vacant";
  }
  return "";
}

}  // namespace starling
