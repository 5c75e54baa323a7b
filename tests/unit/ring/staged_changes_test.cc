#include "ring/staged_changes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "base/ids.h"
#include "ring/change_plan.h"
#include "ring/configuration.h"
#include "ring/configuration_codec.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
#include "support/configurations.h"

namespace starling {
namespace {

StagedChange leaving(const std::string& name) {
  return {.kind = ChangeKind::Leave, .member = node_id_of(name)};
}

StagedChange removing(const std::string& name) {
  return {.kind = ChangeKind::Remove, .member = node_id_of(name)};
}

Configuration staged(const Configuration& before, const StagedChange& change) {
  auto after = with_staged(before, change);
  REQUIRE(after.ok());
  REQUIRE(check_succession(before, *after, {}).ok());
  return *std::move(after);
}

Configuration begun(const Configuration& before) {
  auto after = committed(before, plan_number(before));
  REQUIRE(after.ok());
  REQUIRE(check_succession(before, *after, {}).ok());
  return *std::move(after);
}

TEST_CASE("StagedChanges: a change is of a member that there is") {
  const Configuration before = founded(3, 8);
  const auto found = change_of(before, ChangeKind::Leave, "b");
  REQUIRE(found.ok());
  CHECK(*found == leaving("b"));
  const Status unknown = change_of(before, ChangeKind::Remove, "z").status();
  CHECK(unknown.code() == StatusCode::Usage);
  CHECK(unknown.message() == "there is no member 'z'; the members are a, b, c");
}

TEST_CASE("StagedChanges: staging moves nothing, and what is staged is read back from its bytes") {
  const Configuration before = founded(4, 8);
  const Configuration after = staged(before, leaving("b"));
  CHECK(after.rows == before.rows);
  CHECK(after.aims.empty());
  CHECK(after.member(node_id_of("b"))->intent == MemberIntent::Stay);
  CHECK(is_staged(after, leaving("b")));
  const auto decoded = decode_configuration(encode_configuration(after));
  REQUIRE(decoded.ok());
  CHECK(*decoded == after);
}

TEST_CASE("StagedChanges: of two changes of one member the later one counts") {
  const Configuration once = staged(founded(4, 8), leaving("b"));
  const Configuration twice = staged(once, removing("b"));
  CHECK(twice.staged == std::vector<StagedChange>{removing("b")});
}

TEST_CASE("StagedChanges: what can not be done with all the others is refused at once") {
  Configuration before = staged(founded(3, 8, 1), leaving("a"));
  before = staged(before, leaving("b"));
  const Status last = with_staged(before, leaving("c")).status();
  CHECK(last.code() == StatusCode::Usage);
  CHECK(last.message().find("nobody would be left") != std::string::npos);
  const Configuration gone = begun(before);
  const Status again = with_staged(gone, leaving("a")).status();
  CHECK(again.code() == StatusCode::Usage);
  CHECK(again.message().find("on its way out already") != std::string::npos);
}

TEST_CASE("StagedChanges: no fewer members are left than each key has copies") {
  const Status few = with_staged(founded(3, 8), leaving("a")).status();
  CHECK(few.code() == StatusCode::Usage);
  CHECK(few.message().find("only 2 members would be left, and each key has 3 copies") !=
        std::string::npos);
  CHECK(with_staged(founded(3, 8), removing("a")).status().code() == StatusCode::Usage);
  const Configuration more =
      staged(founded(3, 8), {.kind = ChangeKind::Join, .newcomer = joining("d", 4)});
  CHECK(with_staged(more, leaving("a")).ok());
  CHECK_FALSE(with_staged(begun(staged(more, leaving("a"))), leaving("b")).ok());
}

TEST_CASE("StagedChanges: no more than a hundred are staged") {
  Configuration before = founded(110, 8);
  for (std::size_t i = 0; i < kStagedMax; ++i) {
    before.staged.push_back(leaving(name_numbered(i)));
  }
  REQUIRE(before.check().ok());
  CHECK(with_staged(before, leaving(name_numbered(101))).status().code() == StatusCode::Overloaded);
  CHECK(with_staged(before, removing(name_numbered(5))).ok());
}

TEST_CASE("StagedChanges: a commit begins what the plan showed, and nothing is staged any more") {
  const Configuration before = staged(founded(4, 64), leaving("b"));
  const auto plan = staged_plan(before, {});
  REQUIRE(plan.ok());
  const Configuration after = begun(before);
  CHECK(after == plan->after);
  CHECK(after.staged.empty());
  CHECK(after.member(node_id_of("b"))->intent == MemberIntent::Leave);
  CHECK(is_committed(after, leaving("b")));
  CHECK_FALSE(is_committed(before, leaving("b")));
  CHECK_FALSE(is_committed(after, removing("b")));
  CHECK(plan->moves == plan->moves_least);
  CHECK(plan->moves == 48);
  CHECK_FALSE(plan->bytes.has_value());
}

TEST_CASE("StagedChanges: a commit of another plan is refused, with the remedy") {
  const Configuration before = staged(founded(5, 64), leaving("b"));
  const std::uint64_t shown = plan_number(before);
  const Configuration more = staged(before, leaving("c"));
  const Status stale = committed(more, shown).status();
  CHECK(stale.code() == StatusCode::ConditionFailed);
  CHECK(stale.message().find("cluster plan") != std::string::npos);
  Configuration heavier = successor_of(before);
  heavier.members[0].member.weight = 50;
  CHECK(committed(heavier, shown).status().code() == StatusCode::ConditionFailed);
  CHECK(committed(founded(3, 8), shown).status().code() == StatusCode::ConditionFailed);
}

TEST_CASE("StagedChanges: steps of an earlier change leave the plan as it is") {
  const Configuration going = begun(staged(founded(5, 64), leaving("b")));
  const Configuration before = staged(going, leaving("c"));
  Configuration later = successor_of(before);
  const RowAim& aim = later.aims.front();
  const SlotRow& row = later.rows[aim.partition.value];
  const auto slot = std::ranges::find(row, node_id_of("b"), &Slot::holder);
  REQUIRE(slot != row.end());
  const auto newcomer =
      std::ranges::find_if(aim.owners, [&](NodeId owner) { return !is_in_row(row, owner); });
  REQUIRE(newcomer != aim.owners.end());
  take_step(later, aim.partition,
            {.step = SlotStep::StartMove,
             .slot = static_cast<std::size_t>(slot - row.begin()),
             .newcomer = *newcomer});
  CHECK(plan_number(later) == plan_number(before));
  CHECK(committed(later, plan_number(before)).ok());
}

TEST_CASE("StagedChanges: what is staged can be taken back, what is committed can not") {
  const Configuration before = staged(founded(4, 64), leaving("b"));
  const auto back = without_staged(before);
  REQUIRE(back.ok());
  CHECK(back->staged.empty());
  const Status nothing = without_staged(begun(before)).status();
  CHECK(nothing.code() == StatusCode::ConditionFailed);
  CHECK(nothing.message().find("b is leaving: 48 slots are left") != std::string::npos);
  CHECK(nothing.message().find("can not be taken back") != std::string::npos);
  CHECK(without_staged(founded(3, 8)).status().message() == "no change is staged");
}

TEST_CASE("StagedChanges: it is said who still gets and gives slots") {
  CHECK(changes_under_way(founded(3, 8)).empty());
  const Configuration after = begun(staged(founded(4, 64), removing("b")));
  const std::vector<SlotsLeft> left = slots_left(after);
  REQUIRE(left.size() == 4);
  CHECK(left[1].going == 48);
  CHECK(left[0].coming + left[2].coming + left[3].coming == 48);
  CHECK(changes_under_way(after)[1] == "b is being removed: 48 slots are left");
}

TEST_CASE("StagedChanges: in words") {
  const Configuration before = founded(3, 8);
  CHECK(words_of(leaving("b"), before) == "leave b");
  CHECK(words_of(removing("c"), before) == "remove c");
  CHECK(words_of({.kind = ChangeKind::Join, .newcomer = joining("d", 4)}, before) ==
        "join d (d:7400)");
  CHECK(words_of(
            {.kind = ChangeKind::Replace, .member = node_id_of("b"), .newcomer = joining("d", 4)},
            before) == "replace b by d (d:7400)");
}

}  // namespace
}  // namespace starling
