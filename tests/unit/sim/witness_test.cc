#include "sim/witness.h"

#include <cstdint>

#include <doctest/doctest.h>

#include "hand_made.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling::sim {
namespace {

Sibling value_of(std::uint32_t write, const Dot& dot) {
  Sibling sibling;
  sibling.dot = dot;
  sibling.value_hash = HandMade::hash_of(write);
  return sibling;
}

TEST_CASE("Witness: knows which write a dot stands for") {
  HandMade made;
  made.put();
  made.witness().see_record(0, SiblingSet(clock_of({dot_of(1)}), {value_of(0, dot_of(1))}));
  CHECK(made.witness().dot_of(0, 0) == dot_of(1));
  CHECK_FALSE(made.witness().dot_of(0, 1).has_value());
  CHECK(made.witness().violations().empty());
}

TEST_CASE("Witness: one dot for two writes is noticed") {
  HandMade made;
  made.put();
  made.put();
  made.witness().see_record(0, SiblingSet(clock_of({dot_of(1)}), {value_of(0, dot_of(1))}));
  made.witness().see_record(0, SiblingSet(clock_of({dot_of(1)}), {value_of(1, dot_of(1))}));
  REQUIRE(made.witness().violations().size() == 1);
  CHECK(made.witness().violations().front().checker == "one-dot-one-value");
}

TEST_CASE("Witness: two dots for one write are noticed") {
  HandMade made;
  made.put();
  made.witness().see_record(0, SiblingSet(clock_of({dot_of(1)}), {value_of(0, dot_of(1))}));
  made.witness().see_record(0, SiblingSet(clock_of({dot_of(2)}), {value_of(0, dot_of(2))}));
  REQUIRE(made.witness().violations().size() == 1);
  CHECK(made.witness().violations().front().checker == "one-write-one-dot");
}

TEST_CASE("Witness: a value that no client wrote is noticed") {
  HandMade made;
  made.put();
  made.witness().see_record(0, SiblingSet(clock_of({dot_of(1)}), {value_of(9, dot_of(1))}));
  REQUIRE(made.witness().violations().size() == 1);
  CHECK(made.witness().violations().front().checker == "phantom");
}

TEST_CASE("Witness: one mint that travels with two contexts is noticed") {
  HandMade made;
  made.put();
  made.witness().see_delta(0, SiblingSet(clock_of({dot_of(1)}), {value_of(0, dot_of(1))}));
  made.witness().see_delta(0,
                           SiblingSet(clock_of({dot_of(1), dot_of(5)}), {value_of(0, dot_of(1))}));
  REQUIRE(made.witness().violations().size() == 1);
  CHECK(made.witness().violations().front().checker == "one-delta");
}

TEST_CASE("Witness: clocks read well in timelines") {
  CHECK(to_text(clock_of({dot_of(1), dot_of(3)})) == "{0000.1:1 +0000.1:3}");
}

}  // namespace
}  // namespace starling::sim
