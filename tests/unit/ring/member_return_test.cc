#include "ring/member_return.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"

#include "base/ids.h"
#include "ring/configuration.h"
#include "ring/next_steps.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
#include "support/configurations.h"

namespace starling {
namespace {

constexpr std::uint64_t kNewStore = 99;

// Member b with a new disk, which has adopted what is in force.
ReturningMember returning_b() {
  return {.member = node_id_of("b"), .store = store_numbered(kNewStore)};
}
ProposalEvidence adopted_by_b(const Configuration& current) {
  return {.adoptions = {{.store = store_numbered(kNewStore),
                         .adoption = {.node = node_id_of("b"), .epoch = current.epoch}}},
          .fillings = {},
          .losses_accepted = {}};
}
Result<Configuration> returned(const Configuration& current) {
  return configuration_of_return(current, returning_b(), adopted_by_b(current));
}

// The step `step` of the slot that has b, or of the last one, at the next epoch, guard or not.
Configuration with_step(const Configuration& before, SlotStep step, NodeId newcomer = {}) {
  Configuration after = successor_of(before);
  const SlotRow& row = before.rows[0];
  std::size_t slot = 0;
  while (slot + 1 < row.size() && row[slot].holder != node_id_of("b")) ++slot;
  if (step == SlotStep::StartGrow) slot = row.size();
  take_step(after, PartitionId{0}, {.step = step, .slot = slot, .newcomer = newcomer});
  return after;
}

bool has_new_disk(const Configuration& after) {
  const ConfigMember* const member = after.member(node_id_of("b"));
  return member != nullptr && member->store == store_numbered(kNewStore);
}

const Slot* slot_of_b(const Configuration& after) {
  for (const Slot& slot : after.rows[0]) {
    const SlotNodes nodes = write_nodes(slot);
    if (std::ranges::find(nodes, node_id_of("b")) != nodes.end()) return &slot;
  }
  return nullptr;
}

TEST_CASE("MemberReturn: every slot of the member is vacant, aimed at, and what voters accept") {
  const Configuration before = founded(3, 8);
  const Result<Configuration> after = returned(before);
  REQUIRE(after.ok());
  CHECK(after->check().ok());
  CHECK(check_succession(before, *after, adopted_by_b(before)).ok());
  CHECK(has_new_disk(*after));
  CHECK(after->aims.size() == 8);
  for (const SlotRow& row : after->rows) {
    const auto vacant = std::ranges::count(row, SlotState::Vacant, &Slot::state);
    CHECK(vacant == 1);
  }
  CHECK(std::ranges::find(after->voters, Voter{node_id_of("b"), store_numbered(kNewStore)}) !=
        after->voters.end());
}

TEST_CASE("MemberReturn: rows that the member stands nowhere in stay as they are") {
  const Configuration before = founded(5, 16);
  const Result<Configuration> after = returned(before);
  REQUIRE(after.ok());
  for (std::size_t i = 0; i < before.rows.size(); ++i) {
    const bool has_b = is_in_row(before.rows[i], node_id_of("b"));
    CHECK((before.rows[i] != after->rows[i]) == has_b);
  }
}

TEST_CASE("MemberReturn: whoever drives the chain fills the slots, and drops the aims then") {
  const Configuration before = founded(3, 8);
  const Result<Configuration> after = returned(before);
  REQUIRE(after.ok());
  ProposalEvidence evidence;
  for (const ConfigMember& member : after->members) {
    evidence.adoptions.push_back(
        {.store = member.store, .adoption = {.node = member.member.id, .epoch = after->epoch}});
    for (std::uint16_t p = 0; p < 8; ++p) {
      evidence.fillings.push_back(
          {.partition = PartitionId{p},
           .sink_store = store_numbered(kNewStore),
           .source_store = member.store,
           .filling = {
               .sink = node_id_of("b"), .source = member.member.id, .epoch = after->epoch}});
    }
  }
  const std::optional<Configuration> filled = next_configuration(*after, evidence);
  REQUIRE(filled.has_value());
  CHECK(filled->aims.empty());
  for (const SlotRow& row : filled->rows) CHECK(is_settled(row));
  // Without the facts nothing is.
  CHECK_FALSE(next_configuration(*after, {}).has_value());
}

TEST_CASE("MemberReturn: a move to the member ends or goes back, whichever disk held what") {
  const Configuration begun = with_step(founded(4, 1, 3), SlotStep::StartMove, node_id_of("d"));
  // Here d stands for the one that comes: b is the holder, and d is filled from the others.
  const Result<Configuration> of_holder = returned(begun);
  REQUIRE(of_holder.ok());
  CHECK(slot_of_b(*of_holder) == nullptr);
  CHECK(std::ranges::count(of_holder->rows[0], SlotState::Vacant, &Slot::state) == 1);
  const Configuration switched = with_step(begun, SlotStep::Switch);
  const Result<Configuration> of_former = returned(switched);
  REQUIRE(of_former.ok());
  CHECK(is_settled(of_former->rows[0]));
  CHECK(is_in_row(of_former->rows[0], node_id_of("d")));
  for (const Configuration* const each : {&begun, &switched}) {
    CHECK(check_succession(*each, *returned(*each), adopted_by_b(*each)).ok());
  }
}

TEST_CASE("MemberReturn: as the target of a move it is filled again, or the move is given up") {
  Configuration first = founded(4, 1, 3);
  // The row's owners are whoever: the newcomer takes the place of b's name.
  if (is_in_row(first.rows[0], node_id_of("b"))) {
    const auto stranger = std::ranges::find_if(first.members, [&](const ConfigMember& member) {
      return !is_in_row(first.rows[0], member.member.id);
    });
    for (Slot& slot : first.rows[0]) {
      if (slot.holder == node_id_of("b")) slot.holder = stranger->member.id;
    }
  }
  const Configuration begun = with_step(first, SlotStep::StartMove, node_id_of("b"));
  const Result<Configuration> given_up = returned(begun);
  REQUIRE(given_up.ok());
  CHECK(is_settled(given_up->rows[0]));
  CHECK(slot_of_b(*given_up) == nullptr);
  const Configuration switched = with_step(begun, SlotStep::Switch);
  const Result<Configuration> back = returned(switched);
  REQUIRE(back.ok());
  REQUIRE(slot_of_b(*back) != nullptr);
  CHECK(slot_of_b(*back)->state == SlotState::Copying);
  CHECK(check_succession(switched, *back, adopted_by_b(switched)).ok());
}

TEST_CASE("MemberReturn: where its disk was the only copy it says so, and nothing is proposed") {
  const Result<Configuration> alone = returned(founded(3, 8, 1));
  REQUIRE_FALSE(alone.ok());
  CHECK(alone.status().message().find("no other copy") != std::string::npos);
}

TEST_CASE("MemberReturn: who is no member, was given up, or has that disk does not come back") {
  Configuration given_up = founded(3, 8);
  given_up.members[1].intent = MemberIntent::Remove;
  CHECK_FALSE(returned(given_up).ok());
  Configuration known = founded(3, 8);
  known.members[1].store = store_numbered(kNewStore);
  CHECK_FALSE(returned(known).ok());
  Configuration without = founded(3, 8);
  without.members.erase(without.members.begin() + 1);
  CHECK_FALSE(returned(without).ok());
}

}  // namespace
}  // namespace starling
