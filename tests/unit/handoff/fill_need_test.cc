#include "handoff/fill_need.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/configuration.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
#include "support/configurations.h"

namespace starling {
namespace {

constexpr PartitionId kUnsettled{2};

// Five members; the row of one partition has the first three, the others are settled elsewhere.
Configuration with_row(SlotRow row, Epoch version) {
  Configuration configuration = founded(5, 4);
  configuration.epoch = Epoch{20};
  configuration.rows[kUnsettled.value] = std::move(row);
  configuration.row_versions[kUnsettled.value] = RowVersion{version.value};
  return configuration;
}

NodeId member_numbered(std::size_t number) {
  return node_id_of(name_numbered(number));
}

Slot settled_at(std::size_t holder, std::uint64_t since = 1) {
  return {.holder = member_numbered(holder), .since = Epoch{since}};
}

std::vector<FillNeed> in_order(std::vector<FillNeed> needs) {
  std::ranges::sort(needs);
  return needs;
}

FillNeed all_of(std::size_t source, std::uint64_t epoch) {
  return {.partition = kUnsettled, .source = member_numbered(source), .epoch = Epoch{epoch}};
}

TEST_CASE("FillNeed: who stands in settled rows needs nothing") {
  const Configuration configuration = founded(3, 4);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(fills_needed(configuration, member_numbered(i)).empty());
}

TEST_CASE("FillNeed: the target of a move needs what its holder held since the move began") {
  const Configuration configuration = with_row({settled_at(0),
                                                settled_at(1),
                                                {.state = SlotState::Copying,
                                                 .holder = member_numbered(2),
                                                 .target = member_numbered(3),
                                                 .since = Epoch{7}}},
                                               Epoch{9});
  CHECK(fills_needed(configuration, member_numbered(3)) == std::vector{all_of(2, 7)});
  for (const std::size_t other : {0U, 1U, 2U, 4U}) {
    CHECK(fills_needed(configuration, member_numbered(other)).empty());
  }
}

TEST_CASE("FillNeed: a vacant slot needs every other reader, since both slots are as they are") {
  const Configuration configuration =
      with_row({{.state = SlotState::Vacant, .holder = member_numbered(0), .since = Epoch{7}},
                settled_at(1),
                {.state = SlotState::Switched,
                 .holder = member_numbered(2),
                 .target = member_numbered(3),
                 .since = Epoch{9}}},
               Epoch{9});
  CHECK(fills_needed(configuration, member_numbered(0)) == in_order({all_of(1, 7), all_of(3, 9)}));
  CHECK(fills_needed(configuration, member_numbered(1)).empty());
}

TEST_CASE("FillNeed: nothing comes from a disk that is given up") {
  Configuration configuration =
      with_row({{.state = SlotState::Vacant, .holder = member_numbered(3), .since = Epoch{7}},
                settled_at(1),
                settled_at(2)},
               Epoch{7});
  configuration.members[1].intent = MemberIntent::Remove;
  CHECK(fills_needed(configuration, member_numbered(3)) == std::vector{all_of(2, 7)});
}

TEST_CASE("FillNeed: an extra slot is filled on its way in and not on its way out") {
  Configuration configuration =
      with_row({settled_at(0),
                settled_at(1),
                {.state = SlotState::Extra, .holder = member_numbered(3), .since = Epoch{7}}},
               Epoch{7});
  configuration.aims = {{.partition = kUnsettled,
                         .owners = {member_numbered(0), member_numbered(1), member_numbered(3)}}};
  CHECK(fills_needed(configuration, member_numbered(3)) == in_order({all_of(0, 7), all_of(1, 7)}));
  configuration.aims = {
      {.partition = kUnsettled, .owners = {member_numbered(0), member_numbered(1)}}};
  CHECK(fills_needed(configuration, member_numbered(3)).empty());
}

TEST_CASE("FillNeed: whom a joint slot leaves to needs what it held, all others do") {
  Configuration configuration =
      with_row({settled_at(0),
                settled_at(1),
                {.state = SlotState::Joint, .holder = member_numbered(3), .since = Epoch{7}}},
               Epoch{7});
  configuration.aims = {
      {.partition = kUnsettled, .owners = {member_numbered(0), member_numbered(1)}}};
  CHECK(fills_needed(configuration, member_numbered(0)) == std::vector{all_of(3, 7)});
  CHECK(fills_needed(configuration, member_numbered(1)) == std::vector{all_of(3, 7)});
  CHECK(fills_needed(configuration, member_numbered(3)).empty());
  // On its way in it needs nobody any more.
  configuration.aims = {{.partition = kUnsettled,
                         .owners = {member_numbered(0), member_numbered(1), member_numbered(3)}}};
  CHECK(fills_needed(configuration, member_numbered(0)).empty());
}

TEST_CASE("FillNeed: before a vacant slot is dropped each other one holds what each other holds") {
  Configuration configuration =
      with_row({{.state = SlotState::Vacant, .holder = member_numbered(3), .since = Epoch{7}},
                settled_at(1),
                settled_at(2, 8)},
               Epoch{8});
  configuration.aims = {
      {.partition = kUnsettled, .owners = {member_numbered(1), member_numbered(2)}}};
  CHECK(fills_needed(configuration, member_numbered(1)) == std::vector{all_of(2, 8)});
  CHECK(fills_needed(configuration, member_numbered(2)) == std::vector{all_of(1, 7)});
}

// The facts that are asked for are those that the guards want.
TEST_CASE("FillNeed: with all of its needs met, a guard is met that was not") {
  const Configuration configuration = with_row({settled_at(0),
                                                settled_at(1),
                                                {.state = SlotState::Copying,
                                                 .holder = member_numbered(2),
                                                 .target = member_numbered(3),
                                                 .since = Epoch{7}}},
                                               Epoch{7});
  const RowStep step{.step = SlotStep::Switch, .slot = 2, .newcomer = {}};
  const SlotRow& row = configuration.rows[kUnsettled.value];
  CHECK(may_advance(row, step, {}) == StepVerdict::NotFilled);
  std::vector<Filling> facts;
  for (const FillNeed& need : fills_needed(configuration, member_numbered(3))) {
    facts.push_back({.sink = member_numbered(3), .source = need.source, .epoch = need.epoch});
  }
  CHECK(may_advance(row, step, {.adoptions = {}, .fillings = facts}) == StepVerdict::Allowed);
}

}  // namespace
}  // namespace starling
