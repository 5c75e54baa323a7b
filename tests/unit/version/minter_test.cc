#include "version/minter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/planted_bug.h"
#include "notation.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {
namespace {

struct Event {
  ReplicaRecord record;
  Minted minted;
};

// One write by `actor` (a letter), which minted all dots of that letter in `record` itself.
Event event(std::string_view record, std::string_view context, char actor, std::string_view value) {
  const Incarnation incarnation{static_cast<std::uint64_t>(actor)};
  const Actor lineage{.incarnation = incarnation, .lineage = 1};
  Event event{.record = {.versions = record_of(record), .mine = {}}, .minted = {}};
  const std::uint64_t last = event.record.versions.clock().greatest(lineage);
  Minter minter(incarnation);
  if (last > 0) {
    event.record.mine = Dot{.actor = lineage, .counter = last};
    ReplicaRecord elsewhere;  // where the minter began its first lineage
    static_cast<void>(minter.mint(elsewhere, {}, write_of("begun")));
  }
  event.minted = minter.mint(event.record, clock_of(context), write_of(value));
  return event;
}

Minter minter_of(char incarnation, PlantedBug planted = PlantedBug::None) {
  return Minter(Incarnation{static_cast<std::uint64_t>(incarnation)}, planted);
}

TEST_CASE("Minter: a lineage that it never began is a surprise, in a context as in a record") {
  const Minter minter = minter_of('a');
  CHECK(minter.is_surprised_by(std::nullopt, clock_of("{a:1}")));
  CHECK(minter.is_surprised_by(std::nullopt, clock_of("{ + a3}")));
  CHECK_FALSE(minter.is_surprised_by(std::nullopt, clock_of("{b:7}")));
}

TEST_CASE("Minter: vector 1, a first blind put") {
  const Event put = event("{} []", "{}", 'a', "v1");
  CHECK(put.record.versions == record_of("{a:1} [a1=v1]"));
  CHECK(put.minted.delta == record_of("{a:1} [a1=v1]"));
  CHECK(put.record.mine == dot_of("a1"));
  CHECK(put.minted.dot == dot_of("a1"));
}

TEST_CASE("Minter: vector 2, an informed put replaces what it saw") {
  const Event put = event("{a:1} [a1=v1]", "{a:1}", 'a', "v2");
  CHECK(put.record.versions == record_of("{a:2} [a2=v2]"));
  CHECK(put.minted.delta == record_of("{a:2} [a2=v2]"));
}

TEST_CASE("Minter: vector 3, a blind put claims nothing but itself") {
  const Event put = event("{a:1} [a1=v1]", "{}", 'a', "v2");
  CHECK(put.record.versions == record_of("{a:2} [a1=v1, a2=v2]"));
  CHECK(put.minted.delta == record_of("{ + a2} [a2=v2]"));
}

TEST_CASE("Minter: vector 6, a client resolves two siblings at another replica") {
  const Event put = event("{a:2} [a1=v1, a2=v2]", "{a:2}", 'b', "m");
  CHECK(put.record.versions == record_of("{a:2,b:1} [b1=m]"));
  CHECK(put.minted.delta == record_of("{a:2,b:1} [b1=m]"));
}

TEST_CASE("Minter: vectors 11 to 13, a put drops what its client saw, and that only") {
  CHECK(event("{a:2,b:1} [a2=x, b1=y]", "{a:2}", 'b', "z").record.versions ==
        record_of("{a:2,b:2} [b1=y, b2=z]"));
  CHECK(event("{a:2} [a1=p1, a2=q1]", "{a:1}", 'a', "p2").record.versions ==
        record_of("{a:3} [a2=q1, a3=p2]"));
  const Event gap = event("{a:3} [a2=q1, a3=p2]", "{ + a2}", 'a', "q2");
  CHECK(gap.record.versions == record_of("{a:4} [a3=p2, a4=q2]"));
  CHECK(gap.minted.delta == record_of("{ + a2,a4} [a4=q2]"));
}

TEST_CASE("Minter: vector 16, a delete is a write without a value") {
  CHECK(event("{a:2} [a2=v2]", "{a:2}", 'b', "⊥").record.versions == record_of("{a:2,b:1} [b1=⊥]"));
}

TEST_CASE("Minter: vector 20, a context may be ahead of a lagging replica") {
  CHECK(event("{a:1} [a1=v1]", "{a:1,b:2}", 'a', "k").record.versions ==
        record_of("{a:2,b:2} [a2=k]"));
}

TEST_CASE("Minter: vector 25, who learns of a later dot of its own starts anew") {
  Minter minter = minter_of('a');
  ReplicaRecord record;
  static_cast<void>(minter.mint(record, {}, write_of("v")));
  const SiblingSet incoming = record_of("{a:2} [a2=w]");
  REQUIRE(minter.is_surprised_by(record.mine, incoming.clock()));
  minter.start_incarnation(Incarnation{'n'});
  REQUIRE_FALSE(minter.is_surprised_by(record.mine, incoming.clock()));
  REQUIRE(record.versions.sync(incoming));
  CHECK(record.versions == record_of("{a:2} [a2=w]"));
  CHECK(minter.mint(record, {}, write_of("x")).dot == dot_of("n1"));
}

TEST_CASE("Minter: vector 25b, a copy that was lost and came back begins a new lineage") {
  Minter minter = minter_of('a');
  ReplicaRecord record;
  const Minted first = minter.mint(record, {}, write_of("v"));
  record = {};
  REQUIRE(record.versions.sync(first.delta));
  REQUIRE_FALSE(minter.is_surprised_by(record.mine, first.delta.clock()));
  static_cast<void>(minter.mint(record, {}, write_of("w")));
  CHECK(minter.incarnation() == Incarnation{'a'});
  CHECK(record.versions == record_of("{a:1,a':1} [a1=v, a'1=w]"));
}

TEST_CASE("Minter: it counts on in its lineage, also beyond foreign writes") {
  Minter minter = minter_of('a');
  ReplicaRecord record;
  static_cast<void>(minter.mint(record, {}, write_of("x")));
  REQUIRE(record.versions.sync(record_of("{b:7} [b7=y]")));
  CHECK(minter.mint(record, {}, write_of("z")).dot == dot_of("a2"));
  CHECK(record.mine == dot_of("a2"));
}

TEST_CASE("Minter: a lineage of an older incarnation is never continued") {
  Minter minter = minter_of('n');
  ReplicaRecord record{.versions = record_of("{a:3} [a3=x]"), .mine = dot_of("a3")};
  CHECK_FALSE(minter.is_surprised_by(record.mine, clock_of("{a:9}")));
  CHECK(minter.mint(record, {}, write_of("y")).dot == dot_of("n1"));
}

TEST_CASE("Minter: every key has a lineage of its own") {
  Minter minter = minter_of('a');
  ReplicaRecord one;
  ReplicaRecord another;
  CHECK(minter.mint(one, {}, write_of("x")).dot == dot_of("a1"));
  CHECK(minter.mint(another, {}, write_of("x")).dot == dot_of("a'1"));
  CHECK(minter.mint(one, {}, write_of("y")).dot == dot_of("a2"));
}

std::size_t siblings_after_alternating_puts(int rounds) {
  Minter minter = minter_of('a');
  ReplicaRecord record;
  VectorClock first_context;
  VectorClock second_context;
  std::size_t most = 0;
  for (int round = 0; round < rounds; ++round) {
    for (VectorClock* const context : {&first_context, &second_context}) {
      *context = minter.mint(record, *context, write_of("x")).delta.clock();
      most = std::max(most, record.versions.siblings().size());
    }
  }
  return most;
}

TEST_CASE("Minter: two clients who write in turn, each on its own last put, leave two siblings") {
  CHECK(siblings_after_alternating_puts(10) == 2);
}

TEST_CASE("Minter: planted reuse-counter repeats a dot whose record was lost") {
  Minter minter = minter_of('a', PlantedBug::ReuseCounter);
  ReplicaRecord record;
  const Minted first = minter.mint(record, {}, write_of("v"));
  record = {};
  const Minted second = minter.mint(record, first.delta.clock(), write_of("w"));
  CHECK(second.dot == first.dot);
  CHECK_FALSE(minter.is_surprised_by(record.mine, clock_of("{a:9}")));
  SiblingSet elsewhere = first.delta;
  CHECK_FALSE(elsewhere.sync(second.delta));
}

TEST_CASE("Minter: planted mint-at-non-owner repeats its first dot from an empty record") {
  Minter minter = minter_of('c', PlantedBug::MintAtNonOwner);
  ReplicaRecord one;
  ReplicaRecord another;
  CHECK(minter.mint(one, {}, write_of("x")).dot == minter.mint(another, {}, write_of("y")).dot);
  CHECK(minter.mint(one, {}, write_of("z")).dot.counter == 2);
}

}  // namespace
}  // namespace starling
