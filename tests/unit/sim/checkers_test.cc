#include "sim/checkers.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "hand_made.h"
#include "sim/history.h"
#include "sim/violation.h"
#include "sim/write_set.h"
#include "version/sibling_set.h"

namespace starling::sim {
namespace {

bool says(const std::vector<Violation>& found, std::string_view checker) {
  return std::any_of(found.begin(), found.end(),
                     [checker](const Violation& v) { return v.checker == checker; });
}

// w0, then w1 that replaced it, then a read of w1: nothing wrong.
HandMade sound_history() {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.put(HandMade::context({dot_of(1)}, {0})), dot_of(2));
  made.get({1}, {dot_of(1), dot_of(2)});
  made.ends_with({dot_of(1), dot_of(2)}, {dot_of(2)});
  return made;
}

TEST_CASE("Checkers: a sound history breaks nothing") {
  CHECK(check_all(sound_history().evidence()).empty());
}

TEST_CASE("Checkers: an acknowledged write that no replica knows of is lost") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.ends_with({}, {});
  CHECK(says(find_lost_writes(made.evidence()), "lost-write"));
}

TEST_CASE("Checkers: a write that is covered but was replaced by nobody is lost") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.put(), dot_of(2));
  made.ends_with({dot_of(1), dot_of(2)}, {dot_of(2)});
  CHECK(says(find_lost_writes(made.evidence()), "lost-write"));
}

TEST_CASE("Checkers: a write in doubt may be lost, and so may any write of a run that allows it") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.last().outcome = Outcome::InDoubt;
  made.ends_with({}, {});
  CHECK(find_lost_writes(made.evidence()).empty());
  made.last().outcome = Outcome::Acknowledged;
  Evidence lenient = made.evidence();
  lenient.acknowledged_may_be_lost = true;
  CHECK(find_lost_writes(lenient).empty());
}

TEST_CASE("Checkers: with one disk destroyed only a write at two replicas must survive") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.ends_with({}, {});
  Evidence evidence = made.evidence();
  evidence.disk_destroyed = true;
  CHECK(says(find_lost_writes(evidence), "lost-write"));
  made.last().required = 1;
  CHECK(find_lost_writes(evidence).empty());
}

TEST_CASE("Checkers: an acknowledged delete whose tombstone is gone is lost") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.remove(HandMade::context({dot_of(1)}, {0})), dot_of(2));
  made.ends_with({dot_of(1), dot_of(2)}, {dot_of(2)});
  CHECK(find_lost_writes(made.evidence()).empty());
  made.ends_with({dot_of(1)}, {dot_of(1)});
  CHECK(says(find_lost_writes(made.evidence()), "lost-write"));
}

TEST_CASE("Checkers: a value beside the write that replaced it is a false sibling") {
  HandMade made = sound_history();
  made.ends_with({dot_of(1), dot_of(2)}, {dot_of(1), dot_of(2)});
  CHECK(says(find_false_siblings(made.evidence()), "false-sibling"));
}

TEST_CASE("Checkers: a deleted value that comes back is a false sibling, in an answer too") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.remove(HandMade::context({dot_of(1)}, {0})), dot_of(2));
  made.get({0}, {dot_of(1), dot_of(2)});
  made.ends_with({dot_of(1), dot_of(2)}, {dot_of(2)});
  CHECK(says(find_false_siblings(made.evidence()), "false-sibling"));
}

TEST_CASE("Checkers: one write shown twice is a false sibling") {
  HandMade made = sound_history();
  made.get({1, 1}, {dot_of(1), dot_of(2)});
  CHECK(says(find_false_siblings(made.evidence()), "false-sibling"));
}

TEST_CASE("Checkers: a value that nobody wrote is a phantom") {
  HandMade made = sound_history();
  made.get({WriteSet::kNoWrite}, {dot_of(1), dot_of(2)});
  CHECK(says(find_phantoms(made.evidence()), "phantom"));
}

TEST_CASE("Checkers: a write that was 'not applied' must not be stored") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.last().outcome = Outcome::NotApplied;
  made.ends_with({dot_of(1)}, {dot_of(1)});
  CHECK(says(find_phantoms(made.evidence()), "phantom"));
}

TEST_CASE("Checkers: a tombstone that no request explains is a phantom") {
  HandMade made = sound_history();
  Sibling tombstone;
  tombstone.dot = dot_of(3);
  tombstone.kind = SiblingKind::Tombstone;
  made.witness().see_delta(0, SiblingSet(clock_of({dot_of(3)}), {tombstone}));
  CHECK(says(find_phantoms(made.evidence()), "phantom"));
}

TEST_CASE("Checkers: a put's context that covers more than the request's is too wide") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.put(), dot_of(2));
  CHECK(find_wide_contexts(made.evidence()).empty());
  made.last().clock.add(dot_of(1));
  CHECK(says(find_wide_contexts(made.evidence()), "wide-context"));
}

TEST_CASE("Checkers: a read's context that covers a hidden value is too wide") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.put(), dot_of(2));
  made.get({1}, {dot_of(1), dot_of(2)});
  CHECK(says(find_wide_contexts(made.evidence()), "wide-context"));
}

TEST_CASE("Checkers: a read that overlaps an acknowledged write and misses it is stale") {
  HandMade made = sound_history();
  Operation& stale = made.get({0}, {dot_of(1)});
  CHECK(says(find_stale_reads(made.evidence()), "stale-read"));
  stale.required = 1;  // R + W = N: nothing is promised
  CHECK(find_stale_reads(made.evidence()).empty());
}

TEST_CASE("Checkers: numbers that overlapped in a row promise nothing once it is wider") {
  HandMade made = sound_history();
  Operation& stale = made.get({0}, {dot_of(1)});
  made.widen(4);
  CHECK(find_stale_reads(made.evidence()).empty());  // 2 + 2 of 4
  stale.required = 3;
  CHECK(says(find_stale_reads(made.evidence()), "stale-read"));
}

TEST_CASE("Checkers: a read below a majority may hear from a node that a fence left behind") {
  HandMade made = sound_history();
  Operation& stale = made.get({0}, {dot_of(1)});
  made.widen(4);
  for (const std::size_t write : {0, 1}) made.operation(write).required = 3;
  CHECK(says(find_stale_reads(made.evidence()), "stale-read"));  // 3 + 2 of 4
  made.leave_a_node_behind();
  CHECK(find_stale_reads(made.evidence()).empty());
  stale.required = 3;
  CHECK(says(find_stale_reads(made.evidence()), "stale-read"));
}

TEST_CASE("Checkers: what was protected in a row is seen in a wider one by as many more answers") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.last().outcome = Outcome::InDoubt;
  made.get({0}, {dot_of(1)});
  Operation& less = made.get({}, {});
  made.widen(4);
  CHECK(find_lost_protection(made.evidence()).empty());
  less.required = 3;
  CHECK(says(find_lost_protection(made.evidence()), "lost-protection"));
}

TEST_CASE("Checkers: a read that began before the write ended may miss it") {
  HandMade made = sound_history();
  Operation& early = made.get({0}, {dot_of(1)});
  early.begun = Instant(std::chrono::milliseconds(2500));
  CHECK(find_stale_reads(made.evidence()).empty());
}

TEST_CASE("Checkers: a read that sees a value again behind its acknowledged delete is stale") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.minted(made.remove(HandMade::context({dot_of(1)}, {0})), dot_of(2));
  made.get({0}, {dot_of(1)});
  CHECK(says(find_stale_reads(made.evidence()), "stale-read"));
}

TEST_CASE("Checkers: what a protected read showed, a later read must show") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.last().outcome = Outcome::InDoubt;
  made.get({0}, {dot_of(1)});
  Operation& less = made.get({}, {});
  CHECK(says(find_lost_protection(made.evidence()), "lost-protection"));
  less.required = 1;  // a lower level than the protected read's
  CHECK(find_lost_protection(made.evidence()).empty());
}

TEST_CASE("Checkers: an unprotected read promises nothing to later ones") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  made.get({0}, {dot_of(1)}).protected_read = false;
  made.get({}, {});
  CHECK(find_lost_protection(made.evidence()).empty());
}

TEST_CASE("Checkers: a session read must cover its context") {
  HandMade made = sound_history();
  made.get({0}, {dot_of(1)}).context = HandMade::context({dot_of(2)}, {1});
  CHECK(says(find_lost_protection(made.evidence()), "session"));
}

TEST_CASE("Checkers: a listing must show a key that had a value before it") {
  HandMade made = sound_history();
  Operation& listing = made.get({}, {});
  listing.kind = OperationKind::Keys;
  CHECK(says(find_missing_keys(made.evidence()), "missing-key"));
  listing.listed = {"k0"};
  CHECK(find_missing_keys(made.evidence()).empty());
}

TEST_CASE("Checkers: an answer behind its deadline is late, unless its node was stopped") {
  HandMade made = sound_history();
  made.last().ended += std::chrono::seconds(2);
  CHECK(says(find_late_answers(made.evidence()), "late-answer"));
  made.last().excused = true;
  CHECK(find_late_answers(made.evidence()).empty());
  made.last().outcome = Outcome::Pending;
  CHECK(says(find_late_answers(made.evidence()), "late-answer"));
}

TEST_CASE("Checkers: where records rot, a write of one copy may be missed, one of two may not") {
  HandMade made;
  made.minted(made.put(), dot_of(1));
  const std::size_t write = made.history().operations.size() - 1;
  made.get({}, {}).required = 3;
  Evidence evidence = made.evidence();
  evidence.records_rotted = true;
  CHECK(says(find_stale_reads(evidence), "stale-read"));
  made.operation(write).required = 1;
  CHECK(find_stale_reads(evidence).empty());
  evidence.records_rotted = false;
  CHECK(says(find_stale_reads(evidence), "stale-read"));
}

}  // namespace
}  // namespace starling::sim
