#include "quorum/reply_tally.h"

#include <doctest/doctest.h>

#include "support/quorum_script.h"

namespace starling {
namespace {

using testing::node;

ReplyTally tally_of(std::uint32_t slots, std::uint32_t required, std::uint32_t synced = 0) {
  ReplyTally tally(required, synced);
  for (std::uint64_t i = 0; i < slots; ++i) tally.expect(node(i));
  return tally;
}

TEST_CASE("ReplyTally: reached by enough acknowledgements, and by each node once") {
  ReplyTally tally = tally_of(3, 2);
  tally.acknowledge(node(0), true);
  tally.acknowledge(node(0), true);
  CHECK(tally.verdict() == Verdict::Pending);
  CHECK(tally.describe() == "1 of 2 replicas answered");
  tally.acknowledge(node(2), false);
  CHECK(tally.verdict() == Verdict::Reached);
  CHECK(tally.acknowledged() == 2);
  CHECK_FALSE(tally.all_answered());
}

TEST_CASE("ReplyTally: unreachable as soon as too few are left") {
  ReplyTally tally = tally_of(3, 2);
  tally.fail(node(0));
  CHECK(tally.verdict() == Verdict::Pending);
  tally.fail(node(1));
  CHECK(tally.verdict() == Verdict::Unreachable);
}

TEST_CASE("ReplyTally: the first answer of a node stands") {
  ReplyTally tally = tally_of(2, 2);
  tally.fail(node(0));
  tally.acknowledge(node(0), true);
  CHECK(tally.acknowledged() == 0);
  tally.acknowledge(node(1), true);
  tally.fail(node(1));
  CHECK(tally.acknowledged() == 1);
  CHECK(tally.all_answered());
}

TEST_CASE("ReplyTally: who was not asked does not count") {
  ReplyTally tally = tally_of(2, 1);
  CHECK_FALSE(tally.awaits(node(7)));
  tally.acknowledge(node(7), true);
  CHECK(tally.verdict() == Verdict::Pending);
  tally.expect(node(0));
  tally.fail(node(0));
  tally.fail(node(1));
  CHECK(tally.verdict() == Verdict::Unreachable);
}

TEST_CASE("ReplyTally: synced copies are counted on their own") {
  ReplyTally tally = tally_of(3, 2, 2);
  tally.acknowledge(node(0), true);
  tally.acknowledge(node(1), false);
  CHECK(tally.verdict() == Verdict::Pending);
  SUBCASE("the last one is synced") {
    tally.acknowledge(node(2), true);
    CHECK(tally.verdict() == Verdict::Reached);
  }
  SUBCASE("the last one is not") {
    tally.acknowledge(node(2), false);
    CHECK(tally.verdict() == Verdict::Unreachable);
  }
}

TEST_CASE("ReplyTally: a restart forgets every answer, not the demand") {
  ReplyTally tally = tally_of(2, 1);
  tally.acknowledge(node(0), true);
  tally.restart();
  CHECK(tally.acknowledged() == 0);
  CHECK(tally.required() == 1);
  tally.expect(node(0));
  CHECK(tally.awaits(node(0)));
}

TEST_CASE("ReplyTally: an entrusted home's answer counts, but not as a primary's") {
  ReplyTally tally(2, 0, 2);
  for (const std::uint64_t node : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}}) {
    tally.expect(NodeId{node});
  }
  tally.entrust(NodeId{3});
  tally.acknowledge(NodeId{1}, true);
  tally.acknowledge(NodeId{3}, true);
  CHECK(tally.acknowledged() == 2);
  CHECK(tally.primaries() == 1);
  CHECK(tally.verdict() == Verdict::Pending);
  SUBCASE("the second primary makes it") {
    tally.acknowledge(NodeId{2}, false);
    CHECK(tally.verdict() == Verdict::Reached);
  }
  SUBCASE("no stand-in makes up for it") {
    tally.entrust(NodeId{2});
    CHECK(tally.verdict() == Verdict::Unreachable);
  }
}

}  // namespace
}  // namespace starling
