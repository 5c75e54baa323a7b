#include "version/vector_clock.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "notation.h"
#include "version/dot.h"

namespace starling {
namespace {

// The naive clock: every single dot.
using DotSet = std::set<Dot>;

Dot any_dot(Random& random) {
  const auto letter = static_cast<std::uint64_t>('a') + random.below(4);
  return {.actor = {.incarnation = Incarnation{letter}, .lineage = 1 + random.below(2)},
          .counter = 1 + random.below(6)};
}

DotSet any_dots(Random& random) {
  DotSet dots;
  for (std::uint64_t i = random.below(14); i > 0; --i) dots.insert(any_dot(random));
  return dots;
}

// Added one by one, in an order of chance.
VectorClock clock_of_dots(const DotSet& dots, Random& random) {
  std::vector<Dot> order(dots.begin(), dots.end());
  VectorClock clock;
  while (!order.empty()) {
    const auto at = static_cast<std::ptrdiff_t>(random.below(order.size()));
    clock.add(order[static_cast<std::size_t>(at)]);
    order.erase(order.begin() + at);
  }
  return clock;
}

DotSet dots_of(const VectorClock& clock) {
  DotSet dots(clock.cloud().begin(), clock.cloud().end());
  for (const VectorClock::Entry& entry : clock.prefix()) {
    for (std::uint64_t n = 1; n <= entry.counter; ++n)
      dots.insert({.actor = entry.actor, .counter = n});
  }
  return dots;
}

bool includes(const DotSet& all, const DotSet& part) {
  return std::includes(all.begin(), all.end(), part.begin(), part.end());
}

TEST_CASE("VectorClock: vectors 23 and 24, a gap is not covered and a prefix covers its dots") {
  CHECK_FALSE(clock_of("{ + a2}").covers(clock_of("{a:1}")));
  CHECK(clock_of("{a:2}").covers(clock_of("{ + a2}")));
}

TEST_CASE("VectorClock: of brings any entries and dots into normal form") {
  const Actor a = dot_of("a1").actor;
  const Actor b = dot_of("b1").actor;
  const VectorClock clock = VectorClock::of(
      {{b, 2}, {a, 1}, {b, 1}, {dot_of("c1").actor, 0}},
      {dot_of("b9"), dot_of("a3"), dot_of("a2"), dot_of("a2"), dot_of("d1"), dot_of("d0")});
  CHECK(text_of(clock) == "{a:3,b:2,d:1 + b9}");
}

TEST_CASE("VectorClock: a dot that closes a gap draws the cloud into the prefix") {
  VectorClock clock = clock_of("{ + a2,a3,a5}");
  CHECK(clock.size() == 3);
  clock.add(dot_of("a1"));
  CHECK(text_of(clock) == "{a:3 + a5}");
  clock.add(dot_of("a4"));
  CHECK(text_of(clock) == "{a:5}");
}

TEST_CASE("VectorClock: a join closes gaps from both sides") {
  VectorClock clock = clock_of("{a:1 + b2}");
  clock.join(clock_of("{b:1,c:1 + a2}"));
  CHECK(text_of(clock) == "{a:2,b:2,c:1}");
  clock.join(clock);
  CHECK(text_of(clock) == "{a:2,b:2,c:1}");
}

TEST_CASE("VectorClock: compare tells before, after, equal and concurrent apart") {
  const VectorClock clock = clock_of("{a:2 + b3}");
  CHECK(clock.compare(clock) == Ordering::Equal);
  CHECK(clock.compare(clock_of("{a:1}")) == Ordering::After);
  CHECK(clock.compare(clock_of("{a:2,b:3}")) == Ordering::Before);
  CHECK(clock.compare(clock_of("{a:3}")) == Ordering::Concurrent);
  CHECK(VectorClock().compare(clock) == Ordering::Before);
}

TEST_CASE("VectorClock: greatest looks into the cloud first") {
  const VectorClock clock = clock_of("{a:2,b:1 + a4,a7,c3}");
  CHECK(clock.greatest(dot_of("a1").actor) == 7);
  CHECK(clock.greatest(dot_of("b1").actor) == 1);
  CHECK(clock.greatest(dot_of("c1").actor) == 3);
  CHECK(clock.greatest(dot_of("d1").actor) == 0);
}

TEST_CASE("VectorClock: the greatest counters there are do not wrap around") {
  const std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  const Actor a = dot_of("a1").actor;
  VectorClock clock = VectorClock::of({{a, last}}, {{a, last}});
  CHECK(clock.cloud().empty());
  clock.add({.actor = a, .counter = 1});
  CHECK(clock.greatest(a) == last);
  CHECK_FALSE(clock.has({.actor = a, .counter = 0}));
  CHECK(clock.has({.actor = a, .counter = last}));
}

// Whether a clock and a set of dots answer the same questions in the same way.
bool asked_alike(const VectorClock& clock, const DotSet& dots, Random& random) {
  const DotSet other_dots = any_dots(random);
  const VectorClock other = clock_of_dots(other_dots, random);
  const Dot dot = any_dot(random);
  return dots_of(clock) == dots && clock.has(dot) == dots.contains(dot) &&
         clock.covers(other) == includes(dots, other_dots) &&
         (clock.compare(other) == Ordering::Equal) == (dots == other_dots);
}

bool joined_alike(const VectorClock& clock, const DotSet& dots, Random& random) {
  DotSet both = any_dots(random);
  VectorClock joined = clock;
  joined.join(clock_of_dots(both, random));
  both.insert(dots.begin(), dots.end());
  return dots_of(joined) == both && joined == clock_of_dots(both, random) &&
         joined == VectorClock::of({}, {both.begin(), both.end()});
}

TEST_CASE("VectorClock: it is the set of its dots, whatever was asked of it") {
  const std::uint64_t seed = seed_of_run();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 4000; ++round) {
    const DotSet dots = any_dots(random);
    const VectorClock clock = clock_of_dots(dots, random);
    REQUIRE(asked_alike(clock, dots, random));
    REQUIRE(joined_alike(clock, dots, random));
  }
}

}  // namespace
}  // namespace starling
