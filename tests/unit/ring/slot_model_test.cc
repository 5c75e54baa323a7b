#include "slot_model.h"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "ring/slot_step.h"
#include "slot_scheme.h"

namespace starling {
namespace {

using enum SlotStep;

// The widest bounds take minutes and gigabytes: they run where STARLING_MODEL_FULL is set.
bool is_full() {
  return std::getenv("STARLING_MODEL_FULL") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}
std::size_t versions(std::size_t reduced, std::size_t full) {
  return is_full() ? full : reduced;
}

SlotFindings search_and_print(const SlotScheme& scheme) {
  SlotFindings findings = search(scheme);
  const std::string report = summary(scheme, findings) + findings.story;
  MESSAGE(report);
  return findings;
}

void expect_fresh(const SlotScheme& scheme) {
  CAPTURE(scheme.name);
  const SlotFindings findings = search_and_print(scheme);
  CHECK(findings.stale == 0);
  CHECK(findings.acknowledged > 0);
  for (const SlotStep step : scheme.steps) {
    CAPTURE(to_text(step));
    CHECK(findings.taken[static_cast<std::size_t>(step)]);
  }
}

void expect_stale(SlotScheme scheme, BadRule bad, const std::string& name) {
  scheme.bad = bad;
  scheme.name = name;
  CAPTURE(scheme.name);
  CHECK(search_and_print(scheme).stale > 0);
}

// Nodes a, b and c hold the slots, d and e may come.
SlotScheme one_move(std::size_t versions_max, SlotLevel level = SlotLevel::Quorum) {
  return {.name = "one move",
          .versions_max = versions_max,
          .level = level,
          .steps = {StartMove, Switch, StepBack, FinishMove, AbortMove},
          .movers = {{0, 3}},
          .streams = {{3, 0}}};
}

SlotScheme two_moves(std::size_t versions_max, SlotLevel level = SlotLevel::Quorum) {
  return {.name = "two moves",
          .versions_max = versions_max,
          .level = level,
          .steps = {StartMove, Switch, StepBack, FinishMove, AbortMove},
          .movers = {{0, 3}, {1, 4}},
          .streams = {{3, 0}, {4, 1}}};
}

// The holder of slot 0 is given up, dead or not.
SlotScheme replacement(std::size_t slots, std::size_t versions_max,
                       SlotLevel level = SlotLevel::Quorum) {
  SlotScheme scheme{.name = "replace one of " + std::to_string(slots),
                    .slots = slots,
                    .versions_max = versions_max,
                    .level = level,
                    .steps = {Vacate, Fill},
                    .replacers = {{0, slots}}};
  for (NodeIndex source = 1; source < slots; ++source) scheme.streams.emplace_back(slots, source);
  return scheme;
}

// a is replaced by d while b moves to e.
SlotScheme replacement_beside_a_move(std::size_t versions_max) {
  return {.name = "replace beside a move",
          .versions_max = versions_max,
          .steps = {StartMove, Switch, FinishMove, Vacate, Fill},
          .movers = {{1, 4}},
          .replacers = {{0, 3}},
          .streams = {{3, 1}, {3, 2}, {3, 4}, {4, 1}}};
}

// From a alone to a, b and c.
SlotScheme growth(std::size_t versions_max, SlotLevel level = SlotLevel::Quorum) {
  return {.name = "grow",
          .slots = 1,
          .versions_max = versions_max,
          .level = level,
          .steps = {StartGrow, Admit, CountIn, Drop},
          .growers = {1, 2},
          .streams = {{1, 0}, {2, 0}, {2, 1}}};
}

SlotScheme shrinking(std::size_t slots, std::size_t versions_max,
                     SlotLevel level = SlotLevel::Quorum) {
  return {.name = "shrink from " + std::to_string(slots),
          .slots = slots,
          .versions_max = versions_max,
          .level = level,
          .steps = {StartShrink, Withdraw, Drop},
          .streams = {{0, 1}, {1, 0}, {0, 2}, {2, 0}, {1, 2}, {2, 1}}};
}

// a and b, to whom c comes while b is lost and replaced by d.
SlotScheme growth_beside_a_loss(std::size_t versions_max) {
  return {.name = "grow beside a loss",
          .slots = 2,
          .versions_max = versions_max,
          .steps = {StartGrow, Admit, CountIn, Vacate, Fill},
          .replacers = {{1, 3}},
          .growers = {2},
          .streams = {{2, 0}, {2, 1}, {3, 0}, {3, 2}, {2, 3}}};
}

// The way back in the middle of a change of N.
SlotScheme growth_withdrawn(std::size_t versions_max) {
  return {.name = "grow and think better of it",
          .slots = 2,
          .versions_max = versions_max,
          .steps = {StartGrow, Admit, CountIn, Withdraw, Drop},
          .growers = {2},
          .streams = {{2, 0}, {2, 1}, {0, 2}, {1, 2}}};
}

// c and then b are given up and not replaced.
SlotScheme dropping_lost(std::size_t versions_max) {
  return {.name = "drop the lost",
          .versions_max = versions_max,
          .steps = {Vacate, DropVacant},
          .replacers = {{2, 3}, {1, 4}},
          .streams = {{0, 1}, {1, 0}}};
}

// R = 1 is not protected against a former reader that is only fenced off.
SlotScheme heard_only(SlotScheme scheme) {
  scheme.name += ", nobody fenced off";
  scheme.fences = false;
  return scheme;
}

constexpr std::array kMajorities{SlotLevel::Quorum, SlotLevel::Kept, SlotLevel::ReadAll};

TEST_CASE("SlotStep: a move, back and forth, hides no acknowledged write") {
  for (const SlotLevel level : kMajorities) expect_fresh(one_move(7, level));
  expect_fresh(heard_only(one_move(7, SlotLevel::WriteAll)));
}

TEST_CASE("SlotStep: two moves of one row hide no acknowledged write") {
  for (const SlotLevel level : kMajorities) expect_fresh(two_moves(versions(5, 7), level));
  expect_fresh(heard_only(two_moves(versions(5, 7), SlotLevel::WriteAll)));
}

TEST_CASE("SlotStep: who replaces a dead node, or one thought dead, hides no acknowledged write") {
  expect_fresh(replacement(3, 7));
  expect_fresh(replacement(4, 5));
  expect_fresh(replacement(5, 3));
}

TEST_CASE("SlotStep: a replacement beside a move hides no acknowledged write") {
  expect_fresh(replacement_beside_a_move(versions(5, 6)));
}

TEST_CASE("SlotStep: what a read protected stays visible when a node is replaced") {
  expect_fresh(replacement(3, 7, SlotLevel::Kept));
  expect_fresh(replacement(4, 5, SlotLevel::Kept));
}

TEST_CASE("SlotStep: growing from one to three hides no acknowledged write at any level") {
  for (const SlotLevel level : kMajorities) expect_fresh(growth(7, level));
  expect_fresh(growth(7, SlotLevel::WriteAll));
}

TEST_CASE("SlotStep: growing may be given up, or meet a loss, and hides no acknowledged write") {
  expect_fresh(growth_withdrawn(7));
  expect_fresh(growth_beside_a_loss(versions(5, 7)));
}

TEST_CASE("SlotStep: shrinking from three to one hides no acknowledged write at any level") {
  for (const SlotLevel level : kMajorities) expect_fresh(shrinking(3, 7, level));
  expect_fresh(heard_only(shrinking(3, 7, SlotLevel::WriteAll)));
  expect_fresh(dropping_lost(5));
}

TEST_CASE("Slot model: replicas that do not compare row versions hide writes") {
  expect_stale(one_move(4), BadRule::AnyVersion, "any version");
}

TEST_CASE("Slot model: a move in which not both nodes count for the slot hides writes") {
  expect_stale(one_move(5), BadRule::EitherCounts, "either counts");
  expect_stale(one_move(5), BadRule::NoDualWrite, "no dual write");
}

TEST_CASE("Slot model: a move that skips a condition hides writes") {
  expect_stale(one_move(4), BadRule::NoSwitch, "no switch");
  expect_stale(one_move(4), BadRule::EarlySnapshot, "early snapshot");
  expect_stale(one_move(5), BadRule::FinishUnretired, "finished, holder not retired");
  expect_stale(one_move(6), BadRule::AbortUnretired, "aborted, target not retired");
}

TEST_CASE("Slot model: a fence of too few, or by readers alone, hides writes") {
  expect_stale(one_move(6), BadRule::FenceByOne, "fence by one");
  expect_stale(two_moves(6), BadRule::FenceByReaders, "fence by readers");
}

TEST_CASE("Slot model: a replacement that skips a condition hides writes") {
  expect_stale(replacement(3, 3), BadRule::OneSource, "one source");
  expect_stale(replacement(3, 3), BadRule::SourcesNotAdopted, "sources not adopted");
  expect_stale(replacement(3, 3), BadRule::VacantCounts, "vacant slot counts");
  expect_stale(replacement(4, 3, SlotLevel::Kept), BadRule::SourcesByFence, "two sources of four");
}

TEST_CASE("Slot model: filling from a node that was not read yet hides writes") {
  expect_stale(replacement_beside_a_move(5), BadRule::SourceNotReader, "source no reader yet");
}

TEST_CASE("Slot model: a lost disk that is filled again under the same row version hides writes") {
  expect_stale({.name = "", .streams = {{0, 1}, {0, 2}}}, BadRule::RebuildInPlace, "in place");
}

TEST_CASE("Slot model: R = 1 can be answered by a node that was given up") {
  expect_stale(replacement(3, 3, SlotLevel::WriteAll), BadRule::None, "replace, R = 1");
  expect_stale(one_move(6, SlotLevel::WriteAll), BadRule::None, "fence, R = 1");
}

TEST_CASE("Slot model: a slot that comes and counts for nothing until it is full hides writes") {
  expect_stale(growth(5), BadRule::GrowUncounted, "grow, uncounted");
  expect_stale(growth(5, SlotLevel::WriteAll), BadRule::GrowUncounted, "grow, uncounted, W = N");
}

TEST_CASE("Slot model: growing that skips a condition hides writes") {
  expect_stale(growth(7, SlotLevel::ReadAll), BadRule::GrowUnread, "grow, not read before");
  expect_stale(growth(7, SlotLevel::Kept), BadRule::AdmitFromOne, "grow, one source");
  expect_stale(growth(4, SlotLevel::WriteAll), BadRule::AdmitUnadopted, "grow, not adopted");
  expect_stale(growth(7, SlotLevel::ReadAll), BadRule::CountInUnfenced, "grow, no fence");
}

TEST_CASE("Slot model: shrinking that skips a condition hides writes") {
  expect_stale(shrinking(3, 5), BadRule::ShrinkAtOnce, "shrink at once");
  expect_stale(shrinking(2, 5, SlotLevel::ReadAll), BadRule::WithdrawUnfilled,
               "shrink, not filled");
  expect_stale(shrinking(2, 5, SlotLevel::WriteAll), BadRule::DropUnretired, "shrink, not retired");
  expect_stale(dropping_lost(5), BadRule::DropVacantUnshared, "drop the lost, others not equal");
}

}  // namespace
}  // namespace starling
