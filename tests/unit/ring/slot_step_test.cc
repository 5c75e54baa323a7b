#include "ring/slot_step.h"

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/row_demand.h"
#include "ring/slot.h"

namespace starling {
namespace {

const NodeId kA{1};
const NodeId kB{2};
const NodeId kC{3};
const NodeId kD{4};

SlotRow settled_row() {
  return {{.holder = kA, .since = Epoch{1}},
          {.holder = kB, .since = Epoch{1}},
          {.holder = kC, .since = Epoch{1}}};
}

RowStep at_first(SlotStep step, NodeId newcomer = {}) {
  return {.step = step, .slot = 0, .newcomer = newcomer};
}

// a moves to d, as of epoch 5 in D1 and 6 in D2.
SlotRow copying() {
  return after_step(settled_row(), at_first(SlotStep::StartMove, kD), Epoch{5});
}
SlotRow switched() {
  return after_step(copying(), at_first(SlotStep::Switch), Epoch{6});
}
SlotRow vacant() {
  return after_step(settled_row(), at_first(SlotStep::Vacate, kD), Epoch{5});
}

StepVerdict judged(const SlotRow& row, const RowStep& step, const std::vector<Adoption>& adoptions,
                   const std::vector<Filling>& fillings = {}) {
  return may_advance(row, step, {.adoptions = adoptions, .fillings = fillings});
}

TEST_CASE("SlotStep: a move is read at the target only once it holds what the holder held") {
  const RowStep step = at_first(SlotStep::Switch);
  CHECK(judged(copying(), step, {}) == StepVerdict::NotFilled);
  CHECK(judged(copying(), step, {}, {{kD, kA, Epoch{4}}}) == StepVerdict::NotFilled);
  CHECK(judged(copying(), step, {}, {{kD, kB, Epoch{5}}}) == StepVerdict::NotFilled);
  CHECK(judged(copying(), step, {}, {{kD, kA, Epoch{5}}}) == StepVerdict::Allowed);
}

TEST_CASE("SlotStep: a move ends when the old holder knows, or two of three others do") {
  const RowStep step = at_first(SlotStep::FinishMove);
  CHECK(judged(switched(), step, {{kA, Epoch{5}}}) == StepVerdict::NotRetired);
  CHECK(judged(switched(), step, {{kA, Epoch{6}}}) == StepVerdict::Allowed);
  CHECK(judged(switched(), step, {{kB, Epoch{6}}}) == StepVerdict::NotRetired);
  CHECK(judged(switched(), step, {{kB, Epoch{6}}, {kD, Epoch{6}}}) == StepVerdict::NotRetired);
  CHECK(judged(switched(), step, {{kB, Epoch{6}}, {kC, Epoch{9}}}) == StepVerdict::Allowed);
}

TEST_CASE("SlotStep: a move that was never switched may be given up at once") {
  CHECK(judged(copying(), at_first(SlotStep::AbortMove), {}) == StepVerdict::Allowed);
  const SlotRow stepped_back = after_step(switched(), at_first(SlotStep::StepBack), Epoch{7});
  CHECK(judged(stepped_back, at_first(SlotStep::AbortMove), {{kD, Epoch{6}}}) ==
        StepVerdict::NotRetired);
  CHECK(judged(stepped_back, at_first(SlotStep::AbortMove), {{kD, Epoch{7}}}) ==
        StepVerdict::Allowed);
}

TEST_CASE("SlotStep: a vacant slot is filled from both others, who adopted, by one who did") {
  const RowStep step = at_first(SlotStep::Fill);
  const std::vector<Adoption> all{{kB, Epoch{5}}, {kC, Epoch{5}}, {kD, Epoch{5}}};
  const std::vector<Filling> both{{kD, kB, Epoch{5}}, {kD, kC, Epoch{5}}};
  CHECK(judged(vacant(), step, all, both) == StepVerdict::Allowed);
  CHECK(judged(vacant(), step, all, {both.front()}) == StepVerdict::NotFilled);
  CHECK(judged(vacant(), step, {{kB, Epoch{5}}, {kC, Epoch{5}}}, both) == StepVerdict::NotRetired);
  CHECK(judged(vacant(), step, {{kB, Epoch{5}}, {kC, Epoch{4}}, {kD, Epoch{5}}}, both) ==
        StepVerdict::NotFilled);
}

TEST_CASE("SlotStep: an operator may give up what only unreachable copies hold") {
  SlotRow row = vacant();
  row = after_step(row, {.step = SlotStep::Vacate, .slot = 1, .newcomer = kB}, Epoch{6});
  const std::vector<Adoption> adoptions{{kC, Epoch{6}}, {kD, Epoch{6}}};
  const std::vector<Filling> fillings{{kD, kC, Epoch{6}}};
  CHECK(judged(row, at_first(SlotStep::Fill), adoptions, fillings) == StepVerdict::NotFilled);
  CHECK(may_advance(row, at_first(SlotStep::Fill),
                    {.adoptions = adoptions, .fillings = fillings, .loss_accepted = true}) ==
        StepVerdict::Allowed);
  CHECK(may_advance(row, at_first(SlotStep::Fill),
                    {.adoptions = adoptions, .loss_accepted = true}) == StepVerdict::NotFilled);
}

TEST_CASE("SlotStep: a newcomer may outlive the only other slot, if an operator says so") {
  SlotRow row{{.holder = kA, .since = Epoch{1}}};
  row = after_step(row, {SlotStep::StartGrow, 1, kB}, Epoch{2});
  row = after_step(row, {SlotStep::Admit, 1, {}}, Epoch{3});
  const RowStep step{SlotStep::CountIn, 1, {}};
  CHECK(may_advance(row, step, {.loss_accepted = true}) == StepVerdict::NotRetired);
  row = after_step(row, at_first(SlotStep::Vacate, kA), Epoch{4});
  CHECK(may_advance(row, step, {}) == StepVerdict::NotRetired);
  CHECK(may_advance(row, step, {.loss_accepted = true}) == StepVerdict::Allowed);
}

TEST_CASE("SlotStep: nobody stands behind two slots of a row") {
  CHECK(judged(settled_row(), at_first(SlotStep::StartMove, kB), {}) == StepVerdict::WrongState);
  CHECK(judged(settled_row(), at_first(SlotStep::StartMove, kA), {}) == StepVerdict::WrongState);
  CHECK(judged(settled_row(), at_first(SlotStep::Vacate, kC), {}) == StepVerdict::WrongState);
  CHECK(judged(settled_row(), {SlotStep::StartGrow, 3, kC}, {}) == StepVerdict::WrongState);
  CHECK(judged(settled_row(), {SlotStep::StartGrow, 3, kD}, {}) == StepVerdict::Allowed);
}

TEST_CASE("SlotStep: a wiped holder may be filled again under its own name") {
  CHECK(judged(settled_row(), at_first(SlotStep::Vacate, kA), {}) == StepVerdict::Allowed);
  CHECK(judged(vacant(), at_first(SlotStep::Vacate, kD), {}) == StepVerdict::Allowed);
}

TEST_CASE("SlotStep: N changes only in a row that is settled, one slot at a time") {
  CHECK(judged(copying(), {SlotStep::StartGrow, 3, NodeId{9}}, {}) == StepVerdict::WrongState);
  CHECK(judged(vacant(), {SlotStep::StartShrink, 1, {}}, {}) == StepVerdict::WrongState);
  const SlotRow growing = after_step(settled_row(), {SlotStep::StartGrow, 3, kD}, Epoch{5});
  CHECK(judged(growing, at_first(SlotStep::StartMove, NodeId{9}), {}) == StepVerdict::WrongState);
  CHECK(judged(growing, {SlotStep::StartGrow, 4, NodeId{9}}, {}) == StepVerdict::WrongState);
  CHECK(judged({{.holder = kA}}, at_first(SlotStep::StartShrink), {}) == StepVerdict::WrongState);
}

TEST_CASE("SlotStep: a slot that is not there has no steps") {
  CHECK(judged(settled_row(), {SlotStep::Fill, 3, {}}, {}) == StepVerdict::WrongState);
  CHECK(judged({}, {SlotStep::Vacate, 0, kA}, {}) == StepVerdict::WrongState);
}

// Each step that leads somewhere from some row below.
std::vector<std::pair<SlotRow, RowStep>> all_steps() {
  const SlotRow growing = after_step(settled_row(), {SlotStep::StartGrow, 3, kD}, Epoch{5});
  const SlotRow joint = after_step(growing, {SlotStep::Admit, 3, {}}, Epoch{6});
  return {{settled_row(), at_first(SlotStep::StartMove, kD)},
          {copying(), at_first(SlotStep::Switch)},
          {switched(), at_first(SlotStep::StepBack)},
          {switched(), at_first(SlotStep::FinishMove)},
          {copying(), at_first(SlotStep::AbortMove)},
          {settled_row(), at_first(SlotStep::Vacate, kD)},
          {vacant(), at_first(SlotStep::Vacate, kA)},
          {vacant(), at_first(SlotStep::Fill)},
          {settled_row(), {SlotStep::StartGrow, 3, kD}},
          {growing, {SlotStep::Admit, 3, {}}},
          {joint, {SlotStep::CountIn, 3, {}}},
          {settled_row(), {SlotStep::StartShrink, 1, {}}},
          {joint, {SlotStep::Withdraw, 3, {}}},
          {growing, {SlotStep::Drop, 3, {}}},
          {vacant(), at_first(SlotStep::DropVacant)}};
}

TEST_CASE("SlotStep: two rows tell which step lies between them") {
  for (const auto& [row, step] : all_steps()) {
    CAPTURE(to_text(step.step));
    const SlotRow after = after_step(row, step, Epoch{9});
    CHECK(step_between(row, after, Epoch{9}) == step);
    CHECK_FALSE(step_between(row, row, Epoch{9}).has_value());
  }
}

TEST_CASE("SlotStep: what no single step leads to is recognised") {
  SlotRow two_slots = settled_row();
  two_slots[0] = copying()[0];
  two_slots[1] = {.state = SlotState::Vacant, .holder = NodeId{9}, .since = Epoch{5}};
  CHECK_FALSE(step_between(settled_row(), two_slots, Epoch{5}).has_value());
  CHECK_FALSE(step_between(settled_row(), switched(), Epoch{6}).has_value());
  CHECK_FALSE(step_between(settled_row(), copying(), Epoch{6}).has_value());
  CHECK_FALSE(step_between(settled_row(), {}, Epoch{5}).has_value());
  SlotRow stranger = settled_row();
  stranger[2].holder = kD;
  CHECK_FALSE(step_between(settled_row(), stranger, Epoch{5}).has_value());
}

// The README's count: whatever `held` copies of N slots hold, of which slot 0 is lost, is found at
// one of the sources, whichever they are.
bool sources_meet_every(std::uint32_t slots, std::uint32_t held, std::uint32_t sources) {
  for (unsigned holders = 0; holders < (1U << slots); ++holders) {
    if (std::popcount(holders) != static_cast<int>(held)) continue;
    for (unsigned asked = 0; asked < (1U << slots); ++asked) {
      if ((asked & 1U) != 0 || std::popcount(asked) != static_cast<int>(sources)) continue;
      if ((holders & ~1U) != 0 && (holders & asked) == 0) return false;
    }
  }
  return true;
}

TEST_CASE("SlotStep: sources meet what was acknowledged and what was protected, for each N") {
  for (std::uint32_t slots = 2; slots <= 7; ++slots) {
    CAPTURE(slots);
    const std::uint32_t sources = sources_needed(slots, slots - 1);
    CHECK(sources_meet_every(slots, majority_of(slots), sources));
    CHECK(sources_meet_every(slots, fence_needed(slots), sources));
  }
}

TEST_CASE("SlotStep: where N is even, N - R + 1 sources miss what a read protected") {
  CHECK_FALSE(sources_meet_every(4, fence_needed(4), fence_needed(4)));
  CHECK_FALSE(sources_meet_every(6, fence_needed(6), fence_needed(6)));
  CHECK(sources_meet_every(5, fence_needed(5), fence_needed(5)));
}

}  // namespace
}  // namespace starling
