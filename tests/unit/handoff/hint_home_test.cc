#include "handoff/hint_home.h"

#include <cstdint>
#include <optional>
#include <set>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/configuration.h"
#include "ring/slot.h"

namespace starling {
namespace {

constexpr NodeId kHomeA{1};
constexpr NodeId kHomeB{2};
constexpr NodeId kHomeC{3};
constexpr NodeId kHomeD{4};

// a, b, and c, which may be in another state; its target is d.
SlotRow row_with(SlotState state) {
  SlotRow row{{.holder = kHomeA, .target = {}, .since = {}},
              {.holder = kHomeB, .target = {}, .since = {}},
              {.state = state, .holder = kHomeC, .target = {}, .since = {}}};
  if (is_moving(row[2])) row[2].target = kHomeD;
  return row;
}

TEST_CASE("HintHome: every node that stores has a place of its own, and is its home") {
  for (const SlotState state : {SlotState::Settled, SlotState::Copying, SlotState::Switched,
                                SlotState::Vacant, SlotState::Extra, SlotState::Joint}) {
    CAPTURE(state);
    const SlotRow row = row_with(state);
    std::set<std::uint8_t> places;
    for (const NodeId home : {kHomeA, kHomeB, kHomeC, kHomeD}) {
      const auto place = hint_place_of(row, home);
      REQUIRE(place.has_value() == is_in_row(row, home));
      if (!place.has_value()) continue;
      places.insert(*place);
      CHECK(home_of_place(row, *place) == home);
    }
    CHECK(places.size() == (is_moving(row[2]) ? 4 : 3));
  }
}

TEST_CASE("HintHome: a holder's place is its slot's number, as ever on disk") {
  CHECK(hint_place_of(row_with(SlotState::Copying), kHomeA) == 0);
  CHECK(hint_place_of(row_with(SlotState::Copying), kHomeC) == 2);
}

TEST_CASE("HintHome: when a move has ended, both its places go to the slot's one node") {
  const auto target = hint_place_of(row_with(SlotState::Switched), kHomeD);
  REQUIRE(target.has_value());
  SlotRow finished = row_with(SlotState::Settled);
  finished[2].holder = kHomeD;
  CHECK(home_of_place(finished, 2) == kHomeD);
  CHECK(home_of_place(finished, *target) == kHomeD);
  CHECK(home_of_place(row_with(SlotState::Settled), *target) == kHomeC);  // it was given up
}

TEST_CASE("HintHome: a place of a slot that is gone finds another slot") {
  SlotRow narrower = row_with(SlotState::Settled);
  narrower.pop_back();
  const auto home = home_of_place(narrower, 2);
  REQUIRE(home.has_value());
  CHECK(is_in_row(narrower, *home));
}

TEST_CASE("HintHome: what the holder of a move took is wanted at its target next") {
  const SlotRow moving = row_with(SlotState::Copying);
  const auto next = next_place(moving, 2);
  REQUIRE(next.has_value());
  CHECK(home_of_place(moving, *next) == kHomeD);
  CHECK_FALSE(next_place(moving, *next).has_value());
  CHECK_FALSE(next_place(moving, 0).has_value());
  CHECK_FALSE(next_place(row_with(SlotState::Vacant), 2).has_value());
}

TEST_CASE("HintHome: no place beyond those that rows can have, and none of an empty row") {
  CHECK_FALSE(home_of_place(row_with(SlotState::Settled), 2 * kSlotsMax).has_value());
  CHECK_FALSE(home_of_place({}, 0).has_value());
}

}  // namespace
}  // namespace starling
