#include "ring/change_plan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "naive_placement.h"
#include "ring/configuration.h"
#include "ring/placement.h"
#include "ring/slot.h"
#include "ring/succession.h"
#include "support/configurations.h"

namespace starling {
namespace {

ChangePlan sound_plan(const Configuration& before, const StagedChanges& changes,
                      const std::vector<std::uint64_t>& bytes = {}) {
  auto plan = plan_changes(before, changes, bytes);
  REQUIRE(plan.ok());
  REQUIRE(check_succession(before, plan->after, {}).ok());
  return *std::move(plan);
}

bool is_refused(const StagedChanges& changes, const std::string& reason) {
  const Status status = plan_changes(founded(3, 4), changes, {}).status();
  return status.code() == StatusCode::Usage && status.message().find(reason) != std::string::npos;
}

bool warns(const ChangePlan& plan, const std::string& what) {
  return std::ranges::any_of(plan.warnings, [&](const std::string& warning) {
    return warning.find(what) != std::string::npos;
  });
}

std::uint32_t slots_after(const ChangePlan& plan, const std::string& name) {
  const auto found =
      std::ranges::find(plan.balance, node_id_of(name), &ChangePlan::Balance::member);
  return found == plan.balance.end() ? 0 : found->after;
}

TEST_CASE("ChangePlan: a member that joins gets its share, and nothing else moves") {
  const ChangePlan plan = sound_plan(founded(3, 64), {.joins = {joining("d", 4)}},
                                     std::vector<std::uint64_t>(64, 1000));
  CHECK(slots_after(plan, "d") == 48);
  CHECK(plan.moves == 48);
  CHECK(plan.bytes == 48000);
  CHECK(slots_after(plan, "a") == 48);
  CHECK(plan.after.aims.size() == 48);
  CHECK(plan.warnings.empty());
}

TEST_CASE("ChangePlan: bytes are those of the partitions that move") {
  std::vector<std::uint64_t> bytes(64);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = 1ULL << (i % 40);
  const ChangePlan plan = sound_plan(founded(3, 64), {.joins = {joining("d", 4)}}, bytes);
  std::uint64_t expected = 0;
  for (const RowAim& aim : plan.after.aims) expected += bytes[aim.partition.value];
  CHECK(plan.bytes == expected);
}

TEST_CASE("ChangePlan: a replacement takes over the slots as they are") {
  const Configuration before = founded(5, 64);
  const ChangePlan plan = sound_plan(
      before, {.replacements = {{.old_member = node_id_of("b"), .by = joining("f", 6)}}});
  const auto had = std::ranges::find(plan.balance, node_id_of("b"), &ChangePlan::Balance::member);
  REQUIRE(had != plan.balance.end());
  CHECK(had->after == 0);
  CHECK(slots_after(plan, "f") == had->before);
  CHECK(plan.moves == had->before);
}

TEST_CASE("ChangePlan: several changes at once are one plan") {
  const ChangePlan plan = sound_plan(founded(5, 64), {.joins = {joining("f", 6), joining("g", 7)},
                                                      .leaves = {node_id_of("a")},
                                                      .removals = {node_id_of("b")}});
  CHECK(slots_after(plan, "a") == 0);
  CHECK(slots_after(plan, "b") == 0);
  CHECK(slots_after(plan, "f") >= 38);
  CHECK(slots_after(plan, "g") <= 39);
  CHECK(plan.after.member(node_id_of("a"))->intent == MemberIntent::Leave);
  CHECK(plan.after.member(node_id_of("b"))->intent == MemberIntent::Remove);
}

TEST_CASE("ChangePlan: a weight draws slots") {
  const ChangePlan plan =
      sound_plan(founded(4, 64), {.reweighings = {{.member = node_id_of("a"), .weight = 50}}});
  CHECK(slots_after(plan, "a") < 32);
  CHECK(slots_after(plan, "b") > 48);
}

TEST_CASE("ChangePlan: a cluster of one grows to the copies that are configured") {
  const ChangePlan plan = sound_plan(founded(1, 8), {.joins = {joining("b", 2), joining("c", 3)}});
  CHECK(plan.moves == 16);
  for (const RowAim& aim : plan.after.aims) CHECK(aim.owners.size() == 3);
}

TEST_CASE("ChangePlan: what can not be is refused with the reason") {
  CHECK(is_refused({.joins = {joining("a", 9)}}, "there is a member 'a' already"));
  ConfigMember taken = joining("d", 4);
  taken.member.address = "a:7400";
  CHECK(is_refused({.joins = {taken}}, "the member 'a' has the address a:7400"));
  CHECK(is_refused({.leaves = {node_id_of("z")}}, "no member with the id"));
  CHECK(is_refused({.leaves = {node_id_of("a"), node_id_of("a")}}, "on its way out already"));
  CHECK(is_refused({.leaves = {node_id_of("a"), node_id_of("b"), node_id_of("c")}},
                   "nobody would be left"));
  CHECK(is_refused({.reweighings = {{.member = node_id_of("a"), .weight = 0}}}, "above 0"));
  CHECK(is_refused({.replicas = 16}, "is not from 1 to 15"));
}

TEST_CASE("ChangePlan: it warns where fewer copies are left than are configured") {
  const ChangePlan plan = sound_plan(founded(3, 8), {.leaves = {node_id_of("a")}});
  CHECK(warns(plan, "2 members can hold 2 copy's slots of each key; 3 are configured"));
  CHECK(warns(plan, "each key goes from 3 copies to 2"));
}

TEST_CASE("ChangePlan: it warns where copies of a key share a zone, or a zone can not take more") {
  StagedChanges changes{.joins = {joining("d", 4), joining("e", 5)}};
  changes.joins[0].member.zone = "east";
  changes.joins[1].member.zone = "east";
  CHECK(
      warns(sound_plan(founded(3, 8), changes), "copies of a key share a zone: there are 2 zones"));
  changes.joins[1].member.zone = "west";
  CHECK(warns(sound_plan(founded(3, 8), changes), "the zone '' gets less than its weight"));
}

TEST_CASE("ChangePlan: it warns where a removal takes the last copies") {
  const Configuration before = founded(5, 64);
  const ChangePlan two = sound_plan(before, {.removals = {node_id_of("a"), node_id_of("b")}});
  CHECK(warns(two, "would lose more than one copy at once"));
  CHECK_FALSE(warns(two, "no copy left"));
  const ChangePlan three =
      sound_plan(before, {.removals = {node_id_of("a"), node_id_of("b"), node_id_of("c")}});
  CHECK(warns(three, "would have no copy left"));
}

TEST_CASE("ChangePlan: who leaves does not vote on, and the voters are spread over zones") {
  Configuration before = founded(3, 8);
  const ChangePlan plan = sound_plan(before, {.leaves = {node_id_of("a")}});
  CHECK(plan.after.voters.size() == 2);
  Configuration wide = founded(9, 8);
  for (std::size_t i = 0; i < 9; ++i) wide.members[i].member.zone = i < 7 ? "big" : "small";
  const std::vector<Voter> voters = choose_voters(wide);
  CHECK(voters.size() == 7);
  const auto in_small = std::ranges::count_if(
      voters, [&](const Voter& voter) { return wide.member(voter.node)->member.zone == "small"; });
  CHECK(in_small == 2);
}

TEST_CASE("ChangePlan: the same change of the same cluster is planned for good") {
  const ChangePlan plan = sound_plan(founded(10, 1024), {.joins = {joining("k", 11)}});
  CHECK(plan.moves == 279);
  CHECK(hash_of_table(owners_of(plan.after)) == 10034065723470321110ULL);
}

// The members who stay, as placement sees them.
PlacementRequest request_of(const Configuration& configuration) {
  PlacementRequest request{.partitions = static_cast<std::uint32_t>(configuration.rows.size()),
                           .replicas = configuration.replicas,
                           .members = {}};
  for (const ConfigMember& member : configuration.members) {
    if (member.intent == MemberIntent::Stay) request.members.push_back(member.member);
  }
  return request;
}

// As if all steps had been taken.
Configuration arrived(const Configuration& sound_plan) {
  Configuration after = sound_plan;
  for (const RowAim& aim : sound_plan.aims) {
    SlotRow row;
    for (const NodeId owner : aim.owners) row.push_back({.holder = owner, .since = Epoch{1}});
    after.rows[aim.partition.value] = row;
  }
  after.aims.clear();
  std::erase_if(after.members,
                [](const ConfigMember& member) { return member.intent != MemberIntent::Stay; });
  return after;
}

TEST_CASE("ChangePlan: 116 random changes move what they must and stay within a slot of fair") {
  const std::uint64_t seed = ring_test_seed();
  CAPTURE(seed);
  Random random(seed);
  Configuration configuration = founded(6, 512);
  std::uint64_t moves = 0;
  std::uint64_t fewest = 0;
  for (std::uint64_t change = 0; change < 116; ++change) {
    StagedChanges changes;
    const std::size_t members = configuration.members.size();
    if (members > 4 && (members > 30 || random.below(2) == 0)) {
      changes.leaves = {configuration.members[random.below(members)].member.id};
    } else {
      ConfigMember member = joining("new" + std::to_string(change), 100 + change);
      member.member.weight = static_cast<std::uint32_t>(50 << random.below(3));
      changes.joins = {member};
    }
    const ChangePlan plan = sound_plan(configuration, changes);
    const PlacementTable before = owners_of(configuration);
    const PlacementTable after = owners_of(plan.after);
    const PlacementRequest request = request_of(plan.after);
    REQUIRE(worst_member_deviation(after, request) < 1);
    REQUIRE(rows_are_spread(after, request));
    CHECK(plan.moves == moves_between(before, after));
    moves += plan.moves;
    fewest += fewest_moves(before, after, request);
    configuration = arrived(plan.after);
  }
  MESSAGE("116 changes: ", moves, " moves, at least ", fewest);
  CHECK(moves * 100 <= fewest * 105);
}

}  // namespace
}  // namespace starling
