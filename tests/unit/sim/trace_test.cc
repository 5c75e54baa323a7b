#include "sim/trace.h"

#include <doctest/doctest.h>

namespace starling::sim {
namespace {

TEST_CASE("Trace: the hash depends on each event and on their order") {
  Trace one(Recording::HashOnly);
  Trace other(Recording::HashOnly);
  one.fold(Instant(), 1, 2);
  one.fold(Instant(), 3, 4);
  other.fold(Instant(), 3, 4);
  other.fold(Instant(), 1, 2);
  CHECK(one.hash() != other.hash());
}

TEST_CASE("Trace: keeps words only where they are wanted") {
  Trace silent(Recording::HashOnly);
  silent.note(Instant(), "node0", "k1", "hello");
  CHECK(silent.timeline_of("").empty());
  CHECK_FALSE(silent.wants_words());
}

TEST_CASE("Trace: a key's timeline has what concerns it and what concerns everybody") {
  Trace trace(Recording::Timeline);
  trace.note(Instant(), "node0", "k1", "mine");
  trace.note(Instant(), "node0", "k2", "another's");
  trace.note(Instant(), "node0", "", "everybody's");
  CHECK(trace.timeline_of("k1").size() == 2);
  CHECK(trace.timeline_of("").size() == 3);
}

}  // namespace
}  // namespace starling::sim
