#include "chain_model.h"

#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

bool is_full() {
  return std::getenv("STARLING_MODEL_FULL") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

ChainFindings search_and_print(const ChainScheme& scheme) {
  ChainFindings findings = search(scheme);
  const std::string report = scheme.name + ": " + std::to_string(findings.states) +
                             " states, decided in " + std::to_string(findings.decided) +
                             ", split in " + std::to_string(findings.split);
  MESSAGE(report);
  return findings;
}

void expect_agreement(const ChainScheme& scheme) {
  CAPTURE(scheme.name);
  const ChainFindings findings = search_and_print(scheme);
  CHECK(findings.split == 0);
  CHECK(findings.decided > 0);
}

void expect_split(const ChainScheme& scheme) {
  CAPTURE(scheme.name);
  CHECK(search_and_print(scheme).split > 0);
}

TEST_CASE("Epoch chain: two proposers never see two configurations decided") {
  expect_agreement({.name = "two voters, crash", .voters = 2});
  expect_agreement({.name = "three voters, one ballot each, crash", .ballots_max = 1});
  if (!is_full()) return;
  expect_agreement({.name = "two voters, three ballots each", .voters = 2, .ballots_max = 3});
  expect_agreement({.name = "three voters, two ballots each", .crashes_max = 0});
}

TEST_CASE("Epoch chain: a voter that lost its disk does not help to decide twice") {
  expect_agreement({.name = "three voters, one ballot each, one disk lost",
                    .ballots_max = 1,
                    .crashes_max = 0,
                    .wipes_max = 1});
}

TEST_CASE("Epoch chain: founders, known by no disk, do not found twice though one is lost") {
  expect_agreement({.name = "two founders, one ballot each, one disk lost",
                    .voters = 2,
                    .founding = true,
                    .ballots_max = 1,
                    .crashes_max = 0,
                    .wipes_max = 1});
  if (!is_full()) return;
  expect_agreement({.name = "two founders, two ballots each, one disk lost",
                    .voters = 2,
                    .founding = true,
                    .crashes_max = 1,
                    .wipes_max = 1});
}

TEST_CASE("Epoch chain: a vote that leaves before the disk has it decides twice") {
  expect_split(
      {.name = "vote without persist", .ballots_max = 1, .bug = ChainBug::VoteWithoutPersist});
}

TEST_CASE("Epoch chain: accepting below a promise decides twice") {
  expect_split({.name = "accept below promise",
                .ballots_max = 1,
                .crashes_max = 0,
                .bug = ChainBug::AcceptBelowPromise});
}

TEST_CASE("Epoch chain: preferring the own value to an accepted one decides twice") {
  expect_split(
      {.name = "own value", .ballots_max = 1, .crashes_max = 0, .bug = ChainBug::OwnValue});
}

TEST_CASE("Epoch chain: counting a voter on another disk decides twice") {
  expect_split({.name = "count wiped",
                .ballots_max = 1,
                .crashes_max = 0,
                .wipes_max = 1,
                .bug = ChainBug::CountWiped});
}

}  // namespace
}  // namespace starling
