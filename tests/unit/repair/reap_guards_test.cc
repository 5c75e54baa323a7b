#include "repair/reap_guards.h"

#include <chrono>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"
#include "message/repair_messages.h"
#include "repair/fence.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

Actor actor(std::uint64_t incarnation) {
  return {.incarnation = Incarnation{incarnation}, .lineage = 1};
}

SiblingSet record_of(SiblingKind kind, std::uint64_t incarnation = 1) {
  SiblingSet record;
  record.add({.dot = {.actor = actor(incarnation), .counter = 1}, .kind = kind});
  return record;
}

StoreStart start(std::uint64_t node, std::uint64_t incarnation) {
  return {.node = NodeId{node}, .store = {}, .incarnation = Incarnation{incarnation}};
}

const std::vector<StoreStart> kOwners{start(1, 10), start(2, 20)};

ReapBatch batch() {
  return {.row_version = RowVersion{3},
          .fence = FenceStamp{5},
          .owners = kOwners,
          .candidates = std::vector<ReapCandidate>(1)};
}

ReapStanding standing() {
  return {.row_version = RowVersion{3},
          .row_settled = true,
          .fence = FenceStamp{4},
          .self = kOwners[0],
          .known = kOwners};
}

TEST_CASE("full_digest: tells clocks and kinds apart, and nothing that is equal") {
  const SiblingSet value = record_of(SiblingKind::Value);
  CHECK(full_digest(value) == full_digest(record_of(SiblingKind::Value)));
  CHECK(full_digest(value) != full_digest(record_of(SiblingKind::Tombstone)));
  SiblingSet wiser = value;
  VectorClock more;
  more.add({.actor = actor(2), .counter = 1});
  wiser.discard(more);
  CHECK(full_digest(value) != full_digest(wiser));
  CHECK(full_digest(value) != full_digest(SiblingSet()));
}

TEST_CASE("may_vote: for the batch of the same settled row, above the own fence") {
  CHECK(may_vote(standing(), batch()));
  ReapStanding moving = standing();
  moving.row_settled = false;
  CHECK_FALSE(may_vote(moving, batch()));
  ReapBatch stale = batch();
  stale.row_version = RowVersion{2};
  CHECK_FALSE(may_vote(standing(), stale));
  ReapBatch used = batch();
  used.fence = FenceStamp{4};
  CHECK_FALSE(may_vote(standing(), used));
}

TEST_CASE("may_vote: not when another start of any owner is known, or none") {
  const std::vector<StoreStart> restarted{kOwners[0], start(2, 21)};
  ReapStanding knows_more = standing();
  knows_more.known = restarted;
  CHECK_FALSE(may_vote(knows_more, batch()));
  CHECK_FALSE(may_commit(knows_more, batch()));
  ReapStanding knows_less = standing();
  knows_less.known = knows_less.known.first(1);
  CHECK_FALSE(may_vote(knows_less, batch()));
  ReapStanding another_self = standing();
  another_self.self = start(1, 11);
  CHECK_FALSE(may_vote(another_self, batch()));
}

TEST_CASE("may_vote: not for a batch that leaves an owner out") {
  ReapBatch partial = batch();
  partial.owners.pop_back();
  CHECK_FALSE(may_vote(standing(), partial));
}

TEST_CASE("may_vote: not for a batch without keys, or with more than a fence remembers") {
  ReapBatch empty = batch();
  empty.candidates.clear();
  CHECK_FALSE(may_vote(standing(), empty));
  ReapBatch large = batch();
  large.candidates.resize(kReapKeysMax + 1);
  CHECK_FALSE(may_vote(standing(), large));
  CHECK_FALSE(may_commit(standing(), large));
}

TEST_CASE("vote_on: yes for the same pure tombstone, durable and old enough") {
  const SiblingSet record = record_of(SiblingKind::Tombstone);
  const ReapCandidate candidate{.digest = full_digest(record)};
  const auto vote = [&](const SiblingSet& versions, bool durable, Duration age) {
    return vote_on({.versions = versions, .durable = durable, .unchanged_for = age}, candidate);
  };
  CHECK(vote(record, true, kReapAgeMin) == KeyVote::Yes);
  CHECK(vote(record, false, kReapAgeMin) == KeyVote::No);
  CHECK(vote(record, true, kReapAgeMin - std::chrono::seconds(1)) == KeyVote::No);
  CHECK(vote(record_of(SiblingKind::Tombstone, 2), true, kReapAgeMin) == KeyVote::No);
  CHECK(vote(SiblingSet(), true, kReapAgeMin) == KeyVote::Missing);
}

TEST_CASE("still_applies: a live value is never reaped, whatever the digest says") {
  const SiblingSet value = record_of(SiblingKind::Value);
  CHECK_FALSE(still_applies(value, {.digest = full_digest(value)}));
}

TEST_CASE("still_applies: no actor with a live sibling leaves a clock") {
  SiblingSet record = record_of(SiblingKind::Value, 1);
  VectorClock more;
  more.add({.actor = actor(2), .counter = 3});
  record.discard(more);
  CHECK(still_applies(record, {.digest = full_digest(record), .drop = {actor(2)}}));
  CHECK_FALSE(still_applies(record, {.digest = full_digest(record), .drop = {actor(1)}}));
}

TEST_CASE("droppable_actors: those without a live sibling and without a process that goes on") {
  SiblingSet record = record_of(SiblingKind::Value, 1);
  const std::vector<VectorClock::Entry> entries{{.actor = actor(2), .counter = 4},
                                                {.actor = actor(3), .counter = 1}};
  record.discard(VectorClock::of(entries, {{.actor = actor(4), .counter = 7}}));
  const std::vector<Incarnation> current{Incarnation{3}};
  const std::vector<Actor> droppable = droppable_actors(record, current);
  CHECK(droppable == std::vector<Actor>{actor(2), actor(4)});
  const SiblingSet shorter = compacted(record, droppable);
  CHECK(shorter.siblings() == record.siblings());
  CHECK(shorter.clock().size() == 2);
  CHECK_FALSE(shorter.clock().has({.actor = actor(2), .counter = 1}));
  CHECK_FALSE(shorter.clock().has({.actor = actor(4), .counter = 7}));
  CHECK(shorter.clock().has({.actor = actor(3), .counter = 1}));
}

TEST_CASE("holder_may_vote: only without any hint and any record of its own") {
  CHECK(holder_may_vote(false, false));
  CHECK_FALSE(holder_may_vote(true, false));
  CHECK_FALSE(holder_may_vote(false, true));
}

}  // namespace
}  // namespace starling
