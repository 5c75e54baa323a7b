#include "slot_proposal.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "ring/row_demand.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "slot_history.h"
#include "slot_scheme.h"

namespace starling {
namespace {

constexpr Epoch kForEver{std::numeric_limits<std::uint64_t>::max()};

// Shows the guards what is not so.
class Forgery {
 public:
  Forgery(const SlotRow& row, std::size_t index, const SlotFacts& facts)
      : row_(row), index_(index), slot_(row[index]), facts_(facts) {}

  void claim_adopted(NodeId node) { facts_.adoptions.push_back({.node = node, .epoch = kForEver}); }
  void claim_filled(NodeId sink, NodeId source) {
    facts_.fillings.push_back({.sink = sink, .source = source, .epoch = kForEver});
  }
  void date_fillings_forward() {
    for (Filling& filling : facts_.fillings) filling.epoch = kForEver;
  }
  // As if nothing but the present state of this slot mattered.
  void date_fillings_of_this_slot_forward() {
    for (Filling& filling : facts_.fillings) {
      if (filling.epoch >= slot_.since) filling.epoch = kForEver;
    }
  }
  void claim_others_adopted() {
    for (const NodeId reader : other_readers()) claim_adopted(reader);
  }
  void claim_filled_from_others() {
    for (const NodeId reader : other_readers()) claim_filled(slot_.holder, reader);
  }
  void claim_others_filled() {
    for (const NodeId sink : other_readers()) {
      claim_filled(sink, slot_.holder);
      for (const NodeId source : other_readers()) claim_filled(sink, source);
    }
  }
  // What the reader of a moving slot adopted is taken as adopted by both its nodes.
  void let_readers_speak_for_their_slots() {
    for (std::size_t i = 0; i < row_.size(); ++i) {
      if (i == index_ || !is_moving(row_[i])) continue;
      const std::optional<Epoch> adopted = adoption_of(*read_node(row_[i]));
      if (!adopted) continue;
      for (const NodeId node : write_nodes(row_[i])) {
        facts_.adoptions.push_back({.node = node, .epoch = *adopted});
      }
    }
  }

  void hide_others_adoptions() {
    const std::vector<NodeId> readers = other_readers();
    std::erase_if(facts_.adoptions, [&](const Adoption& fact) {
      return std::ranges::find(readers, fact.node) != readers.end();
    });
  }

  [[nodiscard]] bool one_other_adopted() const {
    return std::ranges::any_of(other_readers(), [&](NodeId reader) {
      const std::optional<Epoch> adopted = adoption_of(reader);
      return adopted && *adopted >= slot_.since;
    });
  }
  [[nodiscard]] std::uint32_t sources() const {
    std::uint32_t count = 0;
    for (const NodeId reader : other_readers()) {
      count += std::ranges::any_of(facts_.fillings, [&](const Filling& fact) {
        return fact.sink == slot_.holder && fact.source == reader && fact.epoch >= slot_.since;
      });
    }
    return count;
  }

  [[nodiscard]] StepEvidence evidence() const {
    return {.adoptions = facts_.adoptions, .fillings = facts_.fillings};
  }

 private:
  [[nodiscard]] std::optional<Epoch> adoption_of(NodeId node) const {
    for (const Adoption& fact : facts_.adoptions) {
      if (fact.node == node) return fact.epoch;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<NodeId> other_readers() const {
    std::vector<NodeId> readers;
    for (std::size_t i = 0; i < row_.size(); ++i) {
      const std::optional<NodeId> reader = read_node(row_[i]);
      if (i != index_ && reader) readers.push_back(*reader);
    }
    return readers;
  }

  const SlotRow& row_;
  std::size_t index_;
  const Slot& slot_;
  SlotFacts facts_;
};

void forge(BadRule bad, const SlotRow& row, const RowStep& proposed, Forgery& forgery) {
  const Slot& slot = row[proposed.slot];
  const SlotStep step = proposed.step;
  const bool ends_move = step == SlotStep::FinishMove || step == SlotStep::AbortMove;
  if (bad == BadRule::EarlySnapshot && step == SlotStep::Switch) forgery.date_fillings_forward();
  if (bad == BadRule::FinishUnretired && step == SlotStep::FinishMove)
    forgery.claim_adopted(slot.holder);
  if (bad == BadRule::AbortUnretired && step == SlotStep::AbortMove)
    forgery.claim_adopted(slot.target);
  if (bad == BadRule::FenceByOne && ends_move && forgery.one_other_adopted())
    forgery.claim_others_adopted();
  if (bad == BadRule::FenceByReaders && (ends_move || step == SlotStep::Fill))
    forgery.let_readers_speak_for_their_slots();
  if (step == SlotStep::Fill) {
    const bool by_fence =
        bad == BadRule::SourcesByFence && forgery.sources() >= fence_needed(slots_for_reads(row));
    if (by_fence || (bad == BadRule::OneSource && forgery.sources() > 0)) {
      forgery.claim_filled_from_others();
      forgery.claim_others_adopted();
    }
    if (bad == BadRule::SourceNotReader) forgery.date_fillings_of_this_slot_forward();
    if (bad == BadRule::SourcesNotAdopted) {
      forgery.date_fillings_forward();
      forgery.claim_others_adopted();
    }
  }
  if (step == SlotStep::Admit) {
    if (bad == BadRule::AdmitFromOne && forgery.sources() > 0) forgery.claim_filled_from_others();
    if (bad == BadRule::AdmitUnadopted) forgery.date_fillings_forward();
  }
  if (bad == BadRule::CountInUnfenced && step == SlotStep::CountIn) forgery.claim_others_adopted();
  if (bad == BadRule::WithdrawUnfilled && step == SlotStep::Withdraw) forgery.claim_others_filled();
  if (bad == BadRule::DropUnretired && step == SlotStep::Drop) forgery.claim_adopted(slot.holder);
  if (bad == BadRule::DropVacantUnshared && step == SlotStep::DropVacant)
    forgery.claim_others_filled();
}

SlotRow after_all(SlotRow row, std::initializer_list<SlotStep> steps, std::size_t slot,
                  Epoch epoch) {
  for (const SlotStep step : steps) {
    row = after_step(row, {.step = step, .slot = slot, .newcomer = {}}, epoch);
  }
  return row;
}

// Steps of the broken rules that the product does not have.
std::optional<SlotRow> shortcut(BadRule bad, const SlotHistory& last, const RowStep& step,
                                const SlotFacts& facts, Epoch epoch) {
  const SlotRow& row = last.row;
  const SlotState state = row[step.slot].state;
  const Forgery truth(row, step.slot, facts);
  const auto allowed = [&](SlotStep kind) {
    return may_advance(row, {.step = kind, .slot = step.slot, .newcomer = {}}, truth.evidence()) ==
           StepVerdict::Allowed;
  };
  if (bad == BadRule::NoSwitch && state == SlotState::Copying &&
      step.step == SlotStep::FinishMove && allowed(SlotStep::Switch)) {
    return after_all(row, {SlotStep::Switch, SlotStep::FinishMove}, step.slot, epoch);
  }
  if (step.step == SlotStep::Admit && state == SlotState::Extra) {
    const bool uncounted =
        bad == BadRule::GrowUncounted && truth.sources() >= fence_needed(slots_for_reads(row));
    if (uncounted || (bad == BadRule::GrowUnread && allowed(SlotStep::Admit)))
      return after_all(row, {SlotStep::Admit, SlotStep::CountIn}, step.slot, epoch);
  }
  if (bad == BadRule::ShrinkAtOnce && step.step == SlotStep::StartShrink &&
      allowed(SlotStep::StartShrink)) {
    return after_all(row, {SlotStep::StartShrink, SlotStep::Withdraw, SlotStep::Drop}, step.slot,
                     epoch);
  }
  return std::nullopt;
}

}  // namespace

std::optional<SlotRow> propose(const SlotScheme& scheme, const SlotHistory& last,
                               const RowStep& step, const SlotFacts& facts) {
  const Epoch epoch = model_epoch(last.version + 1);
  const bool retires = step.step == SlotStep::FinishMove || step.step == SlotStep::AbortMove ||
                       step.step == SlotStep::Drop;
  const bool as_it_is = scheme.bad == BadRule::None && (scheme.fences || !retires);
  if (as_it_is || step.step == SlotStep::StartGrow) {
    const StepEvidence evidence{.adoptions = facts.adoptions, .fillings = facts.fillings};
    if (may_advance(last.row, step, evidence) != StepVerdict::Allowed) return std::nullopt;
    return after_step(last.row, step, epoch);
  }
  if (auto row = shortcut(scheme.bad, last, step, facts, epoch)) return row;
  Forgery forgery(last.row, step.slot, facts);
  if (!scheme.fences && retires) forgery.hide_others_adoptions();
  forge(scheme.bad, last.row, step, forgery);
  if (may_advance(last.row, step, forgery.evidence()) != StepVerdict::Allowed) return std::nullopt;
  return after_step(last.row, step, epoch);
}

}  // namespace starling
