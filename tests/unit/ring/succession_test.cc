#include "ring/succession.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "support/configurations.h"

namespace starling {
namespace {

constexpr PartitionId kFirstRow{0};
constexpr PartitionId kSecond{1};

RowStep in_first_slot(SlotStep step, NodeId newcomer = {}) {
  return {.step = step, .slot = 0, .newcomer = newcomer};
}

bool is_refused(const Configuration& before, const Configuration& after, const std::string& reason,
                const ProposalEvidence& evidence = {}) {
  REQUIRE(after.check().ok());
  const Status status = check_succession(before, after, evidence);
  return status.code() == StatusCode::Failure && status.message().find(reason) != std::string::npos;
}

// Four members, the fourth without slots; and the epoch in which slot 0 of row 0 moves to it.
Configuration three_and_a_spare() {
  Configuration configuration = founded(3, 2);
  configuration.members.push_back(joining("d", 4));
  return configuration;
}
Configuration one_moving() {
  Configuration after = successor_of(three_and_a_spare());
  take_step(after, kFirstRow, in_first_slot(SlotStep::StartMove, node_id_of("d")));
  return after;
}

StoreFilling filled(const Configuration& configuration, NodeId sink, NodeId source, Epoch epoch) {
  return {.partition = kFirstRow,
          .sink_store = configuration.member(sink)->store,
          .source_store = configuration.member(source)->store,
          .filling = {.sink = sink, .source = source, .epoch = epoch}};
}

TEST_CASE("Succession: a successor without changes, or with a member more, is allowed") {
  const Configuration before = founded(3, 2);
  Configuration after = successor_of(before);
  CHECK(check_succession(before, after, {}).ok());
  after.members.push_back(joining("d", 4));
  CHECK(check_succession(before, after, {}).ok());
}

TEST_CASE("Succession: only the next epoch of that very configuration follows") {
  const Configuration before = founded(3, 2);
  Configuration skipping = successor_of(before);
  skipping.epoch = Epoch{3};
  CHECK(is_refused(before, skipping, "does not follow epoch 1"));
  Configuration of_another = successor_of(three_and_a_spare());
  CHECK(is_refused(before, of_another, "does not follow epoch 1"));
}

TEST_CASE("Succession: what the founders fixed stays") {
  const Configuration before = founded(3, 2);
  Configuration seeded = successor_of(before);
  ++seeded.token_seed;
  CHECK(is_refused(before, seeded, "fixed for good"));
  Configuration halved = successor_of(before);
  halved.rows.pop_back();
  halved.row_versions.pop_back();
  CHECK(is_refused(before, halved, "fixed for good"));
}

TEST_CASE("Succession: many rows may take one step each, with the version that says so") {
  Configuration before = three_and_a_spare();
  Configuration after = one_moving();
  take_step(after, kSecond, {.step = SlotStep::StartMove, .slot = 2, .newcomer = node_id_of("d")});
  CHECK(check_succession(before, after, {}).ok());
  Configuration unversioned = after;
  unversioned.row_versions[0] = RowVersion{1};
  CHECK(is_refused(before, unversioned, "partition 0 takes no single step"));
  Configuration idle = successor_of(before);
  idle.row_versions[1] = RowVersion{2};
  CHECK(is_refused(before, idle, "partition 1 has a new version and no step"));
}

TEST_CASE("Succession: a row takes no two steps at once") {
  const Configuration before = three_and_a_spare();
  Configuration after = one_moving();
  after.rows[0][0].state = SlotState::Switched;
  CHECK(is_refused(before, after, "takes no single step"));
  after = successor_of(before);
  after.members.push_back(joining("e", 5));
  take_step(after, kFirstRow, in_first_slot(SlotStep::StartMove, node_id_of("d")));
  take_step(after, kFirstRow,
            {.step = SlotStep::StartMove, .slot = 1, .newcomer = node_id_of("e")});
  CHECK(is_refused(before, after, "takes no single step"));
}

TEST_CASE("Succession: a guard is met by facts of the row, on the disks of today") {
  const Configuration before = one_moving();
  const NodeId holder = before.rows[0][0].holder;
  Configuration after = successor_of(before);
  take_step(after, kFirstRow, in_first_slot(SlotStep::Switch));
  CHECK(is_refused(before, after, "'switch' of partition 0 comes before its data"));
  StoreFilling fact = filled(before, node_id_of("d"), holder, before.epoch);
  CHECK(check_succession(before, after, {.fillings = {fact}}).ok());
  fact.partition = kSecond;
  CHECK(is_refused(before, after, "before its data", {.fillings = {fact}}));
  fact.partition = kFirstRow;
  fact.sink_store = store_numbered(99);
  CHECK(is_refused(before, after, "before its data", {.fillings = {fact}}));
}

TEST_CASE("Succession: a former reader's adoption counts on the disk that it has now") {
  Configuration before = one_moving();
  before.rows[0][0].state = SlotState::Switched;
  const NodeId holder = before.rows[0][0].holder;
  Configuration after = successor_of(before);
  take_step(after, kFirstRow, in_first_slot(SlotStep::FinishMove));
  CHECK(is_refused(before, after, "a former reader may still answer"));
  StoreAdoption fact{.store = before.member(holder)->store,
                     .adoption = {.node = holder, .epoch = before.epoch}};
  CHECK(check_succession(before, after, {.adoptions = {fact}}).ok());
  fact.store = store_numbered(99);
  CHECK(is_refused(before, after, "may still answer", {.adoptions = {fact}}));
}

// a has lost its disk: what each row must do about it.
Configuration with_wiped_first(const Configuration& before) {
  Configuration after = successor_of(before);
  after.members[0].store = store_numbered(99);
  std::erase_if(after.voters, [](const Voter& voter) { return voter.node == node_id_of("a"); });
  return after;
}
std::size_t slot_of_first(const SlotRow& row) {
  const auto found = std::ranges::find(row, node_id_of("a"), &Slot::holder);
  return static_cast<std::size_t>(found - row.begin());
}

TEST_CASE("Succession: a new disk is counted on for nothing, in any row") {
  const Configuration before = founded(3, 2);
  Configuration after = with_wiped_first(before);
  CHECK(is_refused(before, after, "partition 0 counts on the new disk of a"));
  for (const PartitionId row : {kFirstRow, kSecond}) {
    const std::size_t slot = slot_of_first(after.rows[row.value]);
    CHECK_FALSE(check_succession(before, after, {}).ok());
    take_step(after, row, {.step = SlotStep::Vacate, .slot = slot, .newcomer = node_id_of("a")});
  }
  CHECK(check_succession(before, after, {}).ok());
}

TEST_CASE("Succession: a vacancy that was under way starts again on the new disk") {
  const Configuration founding = founded(3, 1);
  Configuration before = with_wiped_first(founding);
  const std::size_t slot = slot_of_first(before.rows[0]);
  const RowStep vacate{.step = SlotStep::Vacate, .slot = slot, .newcomer = node_id_of("a")};
  take_step(before, kFirstRow, vacate);
  Configuration after = successor_of(before);
  after.members[0].store = store_numbered(100);
  CHECK(is_refused(before, after, "counts on the new disk of a"));
  take_step(after, kFirstRow, vacate);
  CHECK(check_succession(before, after, {}).ok());
}

TEST_CASE("Succession: a reader that loses its disk while it takes over is stepped back from") {
  Configuration before = one_moving();
  before.rows[0][0].state = SlotState::Switched;
  Configuration after = successor_of(before);
  after.members[3].store = store_numbered(99);
  CHECK(is_refused(before, after, "counts on the new disk of d"));
  take_step(after, kFirstRow, in_first_slot(SlotStep::StepBack));
  CHECK(check_succession(before, after, {}).ok());
}

TEST_CASE("Succession: a voter is a voter on its member's disk only") {
  const Configuration before = founded(3, 1);
  Configuration after = with_wiped_first(before);
  take_step(after, kFirstRow,
            {.step = SlotStep::Vacate,
             .slot = slot_of_first(after.rows[0]),
             .newcomer = node_id_of("a")});
  after.voters = before.voters;
  CHECK(is_refused(before, after, "the disk of the voter a is not its member's"));
}

TEST_CASE("Succession: who holds a slot can not be dropped from the members") {
  Configuration after = successor_of(founded(3, 1));
  after.members.pop_back();
  std::erase_if(after.voters, [](const Voter& voter) { return voter.node == node_id_of("c"); });
  CHECK(after.check().message().find("the row of partition 0 is impossible") != std::string::npos);
}

TEST_CASE("Genesis: rows are those of the first ring, and every founder can check it") {
  const ClusterConfig config = founders_config(5, 64);
  const Configuration first = founded(5, 64);
  REQUIRE(check_genesis(config, first).ok());
  const auto ring = first_ring(config);
  for (std::uint16_t i = 0; i < 64; ++i) {
    const auto owners = ring->row(PartitionId{i});
    CHECK(std::ranges::equal(first.rows[i], owners, {}, &Slot::holder));
  }
}

TEST_CASE("Genesis: what does not follow from the founders is refused") {
  const Configuration first = founded(4, 4);
  CHECK_FALSE(check_genesis(founders_config(3, 4), first).ok());
  CHECK_FALSE(check_genesis(founders_config(5, 4), first).ok());
  CHECK_FALSE(check_genesis(founders_config(4, 8), first).ok());
  ClusterConfig secret = founders_config(4, 4);
  secret.secret = "another";
  CHECK_FALSE(check_genesis(secret, first).ok());
  Configuration moved = first;
  std::swap(moved.rows[0], moved.rows[1]);
  std::reverse(moved.rows[0].begin(), moved.rows[0].end());
  CHECK_FALSE(check_genesis(founders_config(4, 4), moved).ok());
}

TEST_CASE("Genesis: the founders vote, an odd number of them beyond two, seven at most") {
  CHECK(founded(1, 1).voters.size() == 1);
  CHECK(founded(2, 1).voters.size() == 2);
  CHECK(founded(4, 1).voters.size() == 3);
  CHECK(founded(6, 1).voters.size() == 5);
  CHECK(founded(20, 1).voters.size() == 7);
}

}  // namespace
}  // namespace starling
