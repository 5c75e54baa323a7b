#include "sim/key_truth.h"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "hand_made.h"
#include "version/sibling_set.h"

namespace starling::sim {
namespace {

TEST_CASE("KeyTruth: a put supersedes what its client had been shown, and not itself") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.put(HandMade::context({dot_of(1)}, {0})), dot_of(2));
  const KeyTruth truth(made.history(), made.witness(), 0);
  REQUIRE(truth.put(1) != nullptr);
  CHECK(truth.put(1)->superseded.has(0));
  CHECK_FALSE(truth.put(1)->superseded.has(1));
  CHECK(truth.put(7) == nullptr);
}

TEST_CASE("KeyTruth: a tombstone is the delete whose context it carries") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.put(), dot_of(2));
  const std::uint32_t write = made.remove(HandMade::context({dot_of(1)}, {0}));
  made.minted(write, dot_of(3));
  const KeyTruth truth(made.history(), made.witness(), 0);
  CHECK(truth.violations().empty());
  const AppliedWrite* const tombstone = truth.tombstone_of(made.last());
  REQUIRE(tombstone != nullptr);
  CHECK(tombstone->superseded.has(0));
  CHECK_FALSE(tombstone->superseded.has(1));
}

TEST_CASE("KeyTruth: a delete without a context supersedes what its delta covers") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.remove({});
  Sibling tombstone;
  tombstone.dot = dot_of(2);
  tombstone.kind = SiblingKind::Tombstone;
  made.witness().see_delta(0, SiblingSet(clock_of({dot_of(1), dot_of(2)}), {tombstone}));
  const KeyTruth truth(made.history(), made.witness(), 0);
  CHECK(truth.violations().empty());
  CHECK(truth.buried_by(clock_of({dot_of(2)})).has(0));
}

TEST_CASE("KeyTruth: a context made from a delete's own answer is not that delete's") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.remove({});
  Sibling tombstone;
  tombstone.dot = dot_of(2);
  tombstone.kind = SiblingKind::Tombstone;
  made.witness().see_delta(0, SiblingSet(clock_of({dot_of(1), dot_of(2)}), {tombstone}));
  // The next delete carries what the first one returned: the same clock, and the same dot.
  made.minted(made.remove(HandMade::context({dot_of(1), dot_of(2)}, {1})), dot_of(3));
  const KeyTruth truth(made.history(), made.witness(), 0);
  CHECK(truth.buried_by(clock_of({dot_of(2)})).has(0));
}

TEST_CASE(
    "KeyTruth: a delete that found nothing is no older delete, though its answer covers that") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.remove(HandMade::context({dot_of(1)}, {0})), dot_of(2));
  made.remove({});
  made.last().clock = clock_of({dot_of(1), dot_of(2)});
  const KeyTruth truth(made.history(), made.witness(), 0);
  CHECK(truth.tombstone_of(made.last()) == nullptr);
}

TEST_CASE("KeyTruth: a delete that found nothing did not make a concurrent delete's tombstone") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.remove({});
  const std::uint32_t empty_handed = made.last().number;
  made.minted(made.remove(HandMade::context({dot_of(1)}, {0})), dot_of(2));
  Operation deletion = made.history().operations.at(empty_handed);
  deletion.clock = clock_of({dot_of(1), dot_of(2)});
  const KeyTruth truth(made.history(), made.witness(), 0);
  CHECK(truth.tombstone_of(deletion) == nullptr);
  CHECK(truth.tombstone_of(made.last()) != nullptr);
}

TEST_CASE("KeyTruth: writes are found by their dots") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.put(), dot_of(2));
  const KeyTruth truth(made.history(), made.witness(), 0);
  CHECK(truth.writes_in(clock_of({dot_of(2)})).members() == std::vector<std::uint32_t>{1});
}

}  // namespace
}  // namespace starling::sim
