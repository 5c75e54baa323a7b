#include "ring/next_steps.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "naive_placement.h"
#include "ring/change_plan.h"
#include "ring/configuration.h"
#include "ring/placement.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
#include "support/configurations.h"

namespace starling {
namespace {

// The one old holder died when a newcomer was nearly there: an operator has to say go on.
bool only_joint_left(const Configuration& current, const SlotRow& row) {
  return std::ranges::all_of(row, [&](const Slot& slot) {
    return slot.state == SlotState::Joint ||
           current.member(slot.holder)->intent == MemberIntent::Remove;
  });
}

// Every node that lives has adopted the epoch, and every stream between such nodes is through.
ProposalEvidence all_done(const Configuration& current) {
  ProposalEvidence evidence;
  const auto lives = [&](NodeId node) {
    return current.member(node)->intent != MemberIntent::Remove;
  };
  for (const ConfigMember& member : current.members) {
    if (lives(member.member.id)) {
      evidence.adoptions.push_back(
          {.store = member.store, .adoption = {.node = member.member.id, .epoch = current.epoch}});
    }
  }
  for (const RowAim& aim : current.aims) {
    if (only_joint_left(current, current.rows[aim.partition.value])) {
      evidence.losses_accepted.push_back(aim.partition);
    }
    std::vector<NodeId> nodes;
    for (const Slot& slot : current.rows[aim.partition.value]) {
      for (const NodeId node : write_nodes(slot)) {
        if (lives(node)) nodes.push_back(node);
      }
    }
    for (const NodeId sink : nodes) {
      for (const NodeId source : nodes) {
        if (sink == source) continue;
        evidence.fillings.push_back(
            {.partition = aim.partition,
             .sink_store = current.member(sink)->store,
             .source_store = current.member(source)->store,
             .filling = {.sink = sink, .source = source, .epoch = current.epoch}});
      }
    }
  }
  return evidence;
}

// The rows that are not there yet, for a failing test.
std::string stuck_rows(const Configuration& configuration) {
  static constexpr std::array<const char*, 6> kStates{"S", "D1", "D2", "V", "G", "J"};
  std::string text;
  const auto name = [&](NodeId node) {
    const ConfigMember& member = *configuration.member(node);
    return member.member.name + (member.intent == MemberIntent::Remove ? "!" : "");
  };
  for (const RowAim& aim : configuration.aims) {
    text += "\n ";
    for (const Slot& slot : configuration.rows[aim.partition.value]) {
      text += std::string(" ") + kStates[static_cast<std::size_t>(slot.state)] +
              (slot.read_before ? "*(" : "(");
      for (const NodeId node : write_nodes(slot)) text += name(node) + " ";
      text += ")";
    }
    text += " ->";
    for (const NodeId owner : aim.owners) text += " " + name(owner);
  }
  return text;
}

struct Journey {
  Configuration end;
  std::size_t epochs = 0;
  std::uint64_t moves = 0;  // nodes that came into a row
};

std::map<NodeId, int> streams_into(const Configuration& configuration) {
  std::map<NodeId, int> incoming;
  for (const SlotRow& row : configuration.rows) {
    for (const Slot& slot : row) {
      // Nothing travels to or from a member that is given up.
      if (configuration.member(slot.holder)->intent == MemberIntent::Remove) continue;
      if (slot.state == SlotState::Copying) ++incoming[slot.target];
      if (slot.state == SlotState::Vacant || slot.state == SlotState::Extra) {
        ++incoming[slot.holder];
      }
    }
  }
  return incoming;
}

std::map<NodeId, int> moves_out_of(const Configuration& configuration) {
  std::map<NodeId, int> outgoing;
  for (const SlotRow& row : configuration.rows) {
    for (const Slot& slot : row) {
      if (slot.state == SlotState::Copying) ++outgoing[slot.holder];
    }
  }
  return outgoing;
}

bool all_within(const std::map<NodeId, int>& counts, std::uint32_t most) {
  return std::ranges::all_of(
      counts, [&](const auto& entry) { return entry.second <= static_cast<int>(most); });
}

// Epoch after epoch, with all evidence there can be, until there is nothing left to do.
Journey travelled(Configuration current, StreamLimits limits = {}) {
  Journey journey;
  while (true) {
    const ProposalEvidence evidence = all_done(current);
    const auto next = next_configuration(current, evidence, limits);
    if (!next) break;
    REQUIRE(next->check().ok());
    const Status status = check_succession(current, *next, evidence);
    CAPTURE(status.message());
    REQUIRE(status.ok());
    REQUIRE(all_within(streams_into(*next), limits.incoming_max));
    REQUIRE(all_within(moves_out_of(*next), limits.outgoing_max));
    for (std::size_t i = 0; i < current.rows.size(); ++i) {
      for (const Slot& slot : next->rows[i]) {
        for (const NodeId node : write_nodes(slot)) {
          journey.moves += is_in_row(current.rows[i], node) ? 0 : 1;
        }
      }
    }
    current = *next;
    REQUIRE(++journey.epochs < 20000);
  }
  journey.end = std::move(current);
  return journey;
}

bool is_at_rest(const Configuration& configuration) {
  const bool settled = std::ranges::all_of(configuration.rows, [](const SlotRow& row) {
    return std::ranges::all_of(row,
                               [](const Slot& slot) { return slot.state == SlotState::Settled; });
  });
  const bool all_stay = std::ranges::all_of(configuration.members, [](const ConfigMember& member) {
    return member.intent == MemberIntent::Stay;
  });
  return settled && all_stay && configuration.aims.empty();
}

ChangePlan planned(const Configuration& before, const StagedChanges& changes) {
  auto plan = plan_changes(before, changes, {});
  REQUIRE(plan.ok());
  return *std::move(plan);
}

void check_journey(const ChangePlan& plan) {
  const PlacementTable aims = owners_of(plan.after);
  const Journey journey = travelled(plan.after);
  CHECK(is_at_rest(journey.end));
  CHECK(journey.moves == plan.moves);
  const PlacementTable end = owners_of(journey.end);
  for (std::size_t i = 0; i < end.size(); ++i) {
    CHECK(std::ranges::is_permutation(end[i], aims[i]));
  }
}

TEST_CASE("NextSteps: who leaves and may keep hints is not let go; who is removed is") {
  const auto without_slots = [](const StagedChanges& changes) {
    Configuration end = planned(founded(4, 8), changes).after;
    while (std::ranges::any_of(
        end.rows, [](const SlotRow& row) { return is_in_row(row, node_id_of("a")); })) {
      end = next_configuration(end, all_done(end)).value();
    }
    return end;
  };
  const std::vector<NodeId> kept{node_id_of("a")};
  const Configuration leaving = without_slots({.leaves = {node_id_of("a")}});
  const auto waits = next_configuration(leaving, all_done(leaving), {}, {}, kept);
  CHECK((!waits.has_value() || waits->member(node_id_of("a")) != nullptr));
  const auto goes = next_configuration(leaving, all_done(leaving));
  REQUIRE(goes.has_value());
  CHECK(goes->member(node_id_of("a")) == nullptr);
  const Configuration removed = without_slots({.removals = {node_id_of("a")}});
  const auto gone = next_configuration(removed, all_done(removed), {}, {}, kept);
  REQUIRE(gone.has_value());
  CHECK(gone->member(node_id_of("a")) == nullptr);
}

TEST_CASE("NextSteps: with a member goes what is staged about it") {
  Configuration end = planned(founded(4, 8), {.leaves = {node_id_of("a")}}).after;
  end.staged = {{.kind = ChangeKind::Remove, .member = node_id_of("a")},
                {.kind = ChangeKind::Leave, .member = node_id_of("b")}};
  const Configuration last = travelled(end).end;
  REQUIRE(last.staged.size() == 1);
  CHECK(last.staged[0].member == node_id_of("b"));
}

TEST_CASE("NextSteps: a cluster at rest has none") {
  const Configuration configuration = founded(3, 8);
  CHECK(next_steps(configuration, {}).empty());
  CHECK_FALSE(next_configuration(configuration, {}).has_value());
}

TEST_CASE("NextSteps: a join arrives, with the moves that were planned") {
  check_journey(planned(founded(3, 32), {.joins = {joining("d", 4)}}));
}

TEST_CASE("NextSteps: a leave arrives, and who left is let go and votes no more") {
  const ChangePlan plan = planned(founded(5, 32), {.leaves = {node_id_of("a")}});
  check_journey(plan);
  const Configuration end = travelled(plan.after).end;
  CHECK(end.member(node_id_of("a")) == nullptr);
  CHECK(end.voters.size() == 3);
}

TEST_CASE("NextSteps: who is removed is never waited for") {
  check_journey(planned(founded(5, 32), {.removals = {node_id_of("a")}}));
  check_journey(
      planned(founded(3, 32), {.joins = {joining("d", 4)}, .removals = {node_id_of("b")}}));
}

TEST_CASE("NextSteps: a dead member is replaced slot by slot, from the others") {
  const ChangePlan plan = planned(
      founded(5, 32), {.replacements = {{.old_member = node_id_of("b"), .by = joining("f", 6)}},
                       .removals = {node_id_of("b")}});
  CHECK(plan.balance.back().after == plan.balance[1].before);
  check_journey(plan);
}

TEST_CASE("NextSteps: one grows to three, and shrinks to one again") {
  const ChangePlan growth = planned(founded(1, 8), {.joins = {joining("b", 2), joining("c", 3)}});
  check_journey(growth);
  const Configuration three = travelled(growth.after).end;
  CHECK(three.rows[0].size() == 3);
  check_journey(planned(three, {.leaves = {node_id_of("b"), node_id_of("c")}}));
}

TEST_CASE("NextSteps: a cluster of three without spares shrinks when one is removed") {
  check_journey(planned(founded(3, 8), {.removals = {node_id_of("c")}}));
}

TEST_CASE("NextSteps: without evidence a move begins and waits") {
  const ChangePlan plan = planned(founded(3, 32), {.joins = {joining("d", 4)}});
  const auto begun = next_configuration(plan.after, {});
  REQUIRE(begun.has_value());
  // Two incoming streams is what the newcomer takes.
  CHECK(next_steps(plan.after, {}).size() == 2);
  CHECK_FALSE(next_configuration(*begun, {}).has_value());
}

TEST_CASE("NextSteps: wider limits take fewer epochs") {
  const ChangePlan plan = planned(founded(3, 32), {.joins = {joining("d", 4)}});
  const Journey narrow = travelled(plan.after);
  const Journey wide = travelled(plan.after, {.incoming_max = 100, .outgoing_max = 100});
  CHECK(narrow.epochs == 14);  // 24 moves, two at a time, and two steps more for the last
  CHECK(wide.epochs == 3);
}

TEST_CASE("NextSteps: a change of mind turns back what is under way") {
  const Configuration before = founded(3, 32);
  const ChangePlan plan = planned(before, {.joins = {joining("d", 4)}});
  Configuration current = plan.after;
  for (int i = 0; i < 2; ++i) current = *next_configuration(current, all_done(current));
  const ChangePlan back = planned(current, {.leaves = {node_id_of("d")}});
  const Journey journey = travelled(back.after);
  CHECK(is_at_rest(journey.end));
  CHECK(journey.end.members.size() == 3);
  CHECK(journey.moves <= 2);
}

TEST_CASE("NextSteps: who was to leave and dies is removed instead") {
  ChangePlan plan = planned(founded(5, 32), {.leaves = {node_id_of("a")}});
  Configuration current = plan.after;
  for (int i = 0; i < 3; ++i) current = *next_configuration(current, all_done(current));
  const Journey journey = travelled(planned(current, {.removals = {node_id_of("a")}}).after);
  CHECK(is_at_rest(journey.end));
  CHECK(journey.end.member(node_id_of("a")) == nullptr);
}

// Changes come while others are under way; nobody is removed who alone has something.
TEST_CASE("NextSteps: random changes on top of each other arrive") {
  const std::uint64_t seed = ring_test_seed();
  CAPTURE(seed);
  Random random(seed);
  Configuration current = founded(4, 16);
  for (std::uint64_t change = 0; change < 60; ++change) {
    StagedChanges changes;
    std::vector<NodeId> staying;
    for (const ConfigMember& member : current.members) {
      if (member.intent == MemberIntent::Stay) staying.push_back(member.member.id);
    }
    const NodeId chosen = staying[random.below(staying.size())];
    const std::uint64_t kind = random.below(4);
    if (staying.size() < 3 || (kind == 0 && staying.size() < 9)) {
      changes.joins = {joining("new" + std::to_string(change), 100 + change)};
    } else if (kind == 1) {
      changes.leaves = {chosen};
    } else if (kind == 2) {
      changes.replacements = {
          {.old_member = chosen, .by = joining("new" + std::to_string(change), 100 + change)}};
    } else {
      changes.reweighings = {
          {.member = chosen, .weight = static_cast<std::uint32_t>(random.between(50, 200))}};
    }
    current = planned(current, changes).after;
    for (std::uint64_t i = random.below(12); i > 0; --i) {
      const auto next = next_configuration(current, all_done(current));
      if (!next) break;
      REQUIRE(check_succession(current, *next, all_done(current)).ok());
      current = *next;
    }
  }
  CHECK(is_at_rest(travelled(current).end));
}

// A few members; changes are under way in any state when one of them dies and is removed.
void remove_in_the_middle(std::size_t members, Random& random) {
  Configuration current = founded(members, 8);
  StagedChanges changes;
  for (std::uint64_t i = random.below(3) + (members == 1 ? 1 : 0); i > 0; --i) {
    changes.joins.push_back(joining("new" + std::to_string(i), 100 + i));
  }
  if (members > 2 && random.below(2) == 0) {
    changes.leaves = {current.members[random.below(members)].member.id};
  }
  current = planned(current, changes).after;
  for (std::uint64_t i = random.below(16); i > 0; --i) {
    if (const auto next = next_configuration(current, all_done(current))) current = *next;
  }
  // Somebody who does not hold the last copy of anything.
  std::vector<NodeId> removable;
  for (const ConfigMember& member : current.members) {
    const NodeId node = member.member.id;
    const bool alone = std::ranges::any_of(current.rows, [&](const SlotRow& row) {
      return std::ranges::none_of(row, [&](const Slot& slot) {
        const auto reader = read_node(slot);
        return reader && *reader != node;
      });
    });
    const auto staying =
        std::ranges::count(current.members, MemberIntent::Stay, &ConfigMember::intent);
    if (!alone && (staying > 1 || member.intent != MemberIntent::Stay)) removable.push_back(node);
  }
  if (removable.empty()) return;
  const NodeId dead = removable[random.below(removable.size())];
  const Journey journey = travelled(planned(current, {.removals = {dead}}).after);
  const std::string stuck = stuck_rows(journey.end);
  CAPTURE(stuck);
  CHECK(is_at_rest(journey.end));
  CHECK(journey.end.member(dead) == nullptr);
}

TEST_CASE("NextSteps: whoever dies in the middle of changes is never waited for") {
  for (std::uint64_t round = 0; round < 300; ++round) {
    const std::uint64_t seed = ring_test_seed() + round;
    CAPTURE(seed);
    Random random(seed);
    remove_in_the_middle(1 + random.below(5), random);
  }
}

// A cluster with one row on its way from the holder of a slot to a member that had none.
struct OneMove {
  OneMove() {
    current.epoch = Epoch{2};
    row = current.rows[0];
    Row owners;
    for (const Slot& slot : row) owners.push_back(slot.holder);
    for (const ConfigMember& member : current.members) {
      if (!is_in_row(row, member.member.id)) target = member.member.id;
    }
    holder = owners.back();
    owners.back() = target;
    current.aims = {{.partition = PartitionId{0}, .owners = owners}};
  }
  [[nodiscard]] std::optional<Configuration> next(const ProposalEvidence& evidence,
                                                  bool given_up) const {
    const std::array<NodeId, 1> nodes{target};
    return next_configuration(
        current, evidence, {},
        given_up ? std::span<const NodeId>(nodes) : std::span<const NodeId>());
  }
  void begin() { current = *next({}, false); }

  Configuration current = founded(4, 4);
  SlotRow row;
  NodeId holder;
  NodeId target;
};

TEST_CASE("NextSteps: no move begins to a member that is given up") {
  const OneMove move;
  CHECK(move.next({}, false).has_value());
  CHECK_FALSE(move.next({}, true).has_value());
}

TEST_CASE("NextSteps: a move to a member that is given up goes back, and is no aim any more") {
  OneMove move;
  move.begin();
  REQUIRE(move.current.rows[0].back().state == SlotState::Copying);
  const std::optional<Configuration> back = move.next({}, true);
  REQUIRE(back.has_value());
  CHECK(back->rows[0].back() == Slot{.holder = move.holder, .since = move.current.epoch});
  CHECK(back->aims.empty());
  CHECK(check_succession(move.current, *back, {}).ok());
}

TEST_CASE("NextSteps: one that was switched is stepped back first, and then fenced off") {
  OneMove move;
  move.begin();
  const auto node = move.target;
  ProposalEvidence evidence = all_done(move.current);
  move.current = *move.next(evidence, false);
  REQUIRE(move.current.rows[0].back().state == SlotState::Switched);
  const std::optional<Configuration> back = move.next({}, true);
  REQUIRE(back.has_value());
  CHECK(back->rows[0].back().state == SlotState::Copying);
  CHECK(back->rows[0].back().target == node);
  move.current = *back;
  // Who was read may still answer, until the others know better.
  CHECK_FALSE(move.next({}, true).has_value());
  evidence = all_done(move.current);
  std::erase_if(evidence.adoptions,
                [&](const StoreAdoption& fact) { return fact.adoption.node == node; });
  const std::optional<Configuration> settled = move.next(evidence, true);
  REQUIRE(settled.has_value());
  CHECK(settled->rows[0].back().state == SlotState::Settled);
  CHECK(settled->rows[0].back().holder == move.holder);
}

}  // namespace
}  // namespace starling
