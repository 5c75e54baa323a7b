#include "reap_model.h"

#include <cstddef>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "reap_world.h"

namespace starling {
namespace {

// Beyond it the memory of a small machine ends; a search that stops there proves nothing.
constexpr std::size_t kStatesMax = 3'000'000;

ReapFindings search_and_print(const ReapScheme& scheme) {
  ReapFindings findings = search(scheme, kStatesMax);
  const std::string report = summary(scheme, findings) + findings.story;
  MESSAGE(report);
  return findings;
}

void expect_clean(const ReapScheme& scheme) {
  CAPTURE(scheme.name);
  const ReapFindings findings = search_and_print(scheme);
  CHECK(findings.complete);
  CHECK(findings.resurrected == 0);
  CHECK(findings.lost == 0);
  CHECK(findings.reaped > 0);
}

void expect_resurrected(const ReapScheme& scheme) {
  CAPTURE(scheme.name);
  CHECK(search_and_print(scheme).resurrected > 0);
}

void expect_lost(const ReapScheme& scheme) {
  CAPTURE(scheme.name);
  CHECK(search_and_print(scheme).lost > 0);
}

// The widest bounds that were searched take minutes and gigabytes: they run where
// STARLING_MODEL_FULL is set.
bool has_full_bounds() {
  return std::getenv("STARLING_MODEL_FULL") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

TEST_CASE("Reaping: no order of events brings back or loses a write") {
  expect_clean({.name = "all rules", .repairs_max = 2});
  expect_clean({.name = "all rules, two rounds", .rounds_max = 2});
  expect_clean({.name = "all rules, two deletes", .deletes_max = 2, .repairs_max = 0});
}

TEST_CASE("Reaping: a hint is never lost, nor what it had been deleted for brought back") {
  expect_clean({.name = "all rules, hint for a home",
                .later_put = false,
                .sloppy = SloppyPut::HintForHome,
                .repairs_max = 0});
  expect_clean({.name = "all rules, fallback mints",
                .later_put = false,
                .sloppy = SloppyPut::FallbackMints,
                .repairs_max = 0});
}

TEST_CASE("Reaping: a lost disk breaks nothing") {
  expect_clean({.name = "all rules, disk lost", .disk_loss = true, .repairs_max = 0});
  expect_clean({.name = "all rules, disk lost, hint for a home",
                .later_put = false,
                .sloppy = SloppyPut::HintForHome,
                .disk_loss = true,
                .repairs_max = 0});
}

TEST_CASE("Reaping: shortening a clock by the same rounds brings nothing back") {
  expect_clean({.name = "all rules, compaction", .compacts = true});
  expect_resurrected({.name = "compaction without a fence", .fenced = false, .compacts = true});
}

TEST_CASE(
    "Reaping: a round that was given up leaves the holder's fence raised, and harms nothing") {
  expect_clean({.name = "all rules, two rounds, fallback mints",
                .later_put = false,
                .sloppy = SloppyPut::FallbackMints,
                .repairs_max = 0,
                .rounds_max = 2});
}

TEST_CASE("Reaping: a fence that remembers nothing is as safe as one that does") {
  expect_clean({.name = "all rules, no generation remembered",
                .deletes_max = 2,
                .repairs_max = 0,
                .generations_max = 0});
}

TEST_CASE("Reaping model: a grace period brings deleted values back") {
  expect_resurrected({.name = "grace only", .on_grace_only = true});
  expect_lost({.name = "grace only, one actor", .on_grace_only = true, .one_actor = true});
}

TEST_CASE("Reaping model: votes without a fence bring deleted values back") {
  expect_resurrected({.name = "no fence, no hint vote", .fenced = false, .holder_votes = false});
  expect_resurrected({.name = "no fence", .fenced = false});
}

TEST_CASE("Reaping model: hints that nobody asked about are lost with a disk") {
  ReapScheme scheme{.name = "no hint vote, disk lost",
                    .holder_votes = false,
                    .later_put = false,
                    .sloppy = SloppyPut::HintForHome,
                    .disk_loss = true,
                    .repairs_max = 0};
  expect_lost(scheme);
  scheme.name = "holder does not raise its fence, disk lost";
  scheme.holder_votes = true;
  scheme.holder_raises = false;
  expect_lost(scheme);
}

TEST_CASE("Reaping model: votes that outlive the disk they spoke of bring values back") {
  expect_resurrected({.name = "votes not bound to starts, disk lost",
                      .bound_to_starts = false,
                      .disk_loss = true,
                      .repairs_max = 0});
}

TEST_CASE("Reaping model: what a node takes in while it is filled must be asked again") {
  expect_resurrected({.name = "no second look, disk lost",
                      .rechecks_after_loss = false,
                      .disk_loss = true,
                      .repairs_max = 0});
}

TEST_CASE("Reaping model: a pass for all that a fallback minted brings values back") {
  expect_resurrected({.name = "fallback's mints exempt",
                      .own_mints = OwnMintRule::Exempt,
                      .later_put = false,
                      .sloppy = SloppyPut::FallbackMints,
                      .repairs_max = 0});
}

TEST_CASE("Reaping model: a tombstone dropped because the other has none brings values back") {
  expect_resurrected({.name = "drops when it catches up",
                      .catch_up = CatchUpRule::DropIfAbsent,
                      .deletes_max = 2,
                      .repairs_max = 0,
                      .generations_max = 0});
}

TEST_CASE("Reaping: the widest bounds that were searched" * doctest::skip(!has_full_bounds())) {
  expect_clean({.name = "all rules, two rounds", .repairs_max = 2, .rounds_max = 2});
  expect_clean({.name = "all rules, two deletes", .deletes_max = 2, .rounds_max = 2});
  expect_clean({.name = "all rules, hint for a home", .sloppy = SloppyPut::HintForHome});
  expect_clean({.name = "all rules, fallback mints", .sloppy = SloppyPut::FallbackMints});
  expect_clean({.name = "all rules, disk lost", .disk_loss = true, .repairs_max = 2});
  expect_clean({.name = "all rules, disk lost, two rounds", .disk_loss = true, .rounds_max = 2});
  expect_clean({.name = "all rules, disk lost, hint for a home, one sent",
                .later_put = false,
                .sloppy = SloppyPut::HintForHome,
                .disk_loss = true});
  expect_clean({.name = "all rules, disk lost, fallback mints",
                .later_put = false,
                .sloppy = SloppyPut::FallbackMints,
                .disk_loss = true,
                .repairs_max = 0});
}

}  // namespace
}  // namespace starling
