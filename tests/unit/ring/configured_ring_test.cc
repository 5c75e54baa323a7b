#include "ring/configured_ring.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/preference_list.h"
#include "ring/ring.h"
#include "ring/row_demand.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
#include "ring/token.h"
#include "support/configurations.h"

namespace starling {
namespace {

constexpr PartitionId kFirst{0};

// Three owners each, and a fourth member without slots.
Configuration four_members() {
  Configuration configuration = founded(3, 4);
  configuration.members.push_back(joining("d", 4));
  return configuration;
}

Configuration moving() {
  Configuration after = successor_of(four_members());
  take_step(after, kFirst, {.step = SlotStep::StartMove, .slot = 1, .newcomer = node_id_of("d")});
  return after;
}

TEST_CASE("ring_of: who is on the way out stands in for nobody any more") {
  Configuration configuration = four_members();
  const NodeId leaver = configuration.members.back().member.id;
  REQUIRE(preference_list_of(*ring_of(configuration), Token{0}).fallbacks ==
          std::vector<NodeId>{leaver});
  configuration.members.back().intent = MemberIntent::Leave;
  CHECK(preference_list_of(*ring_of(configuration), Token{0}).fallbacks.empty());
  CHECK(ring_of(configuration)->member(leaver)->weight == 0);
}

TEST_CASE("ring_of: a configuration's rows, versions, members and seed are the ring's") {
  const Configuration configuration = four_members();
  const auto ring = ring_of(configuration);
  CHECK(ring->epoch() == Epoch{1});
  CHECK(ring->token_seed() == configuration.token_seed);
  CHECK(ring->members().size() == 4);
  CHECK(ring->replicas() == 3);
  for (std::uint16_t p = 0; p < 4; ++p) {
    CHECK(ring->row_version(PartitionId{p}) == RowVersion{1});
    for (std::size_t slot = 0; slot < 3; ++slot) {
      CHECK(ring->row(PartitionId{p})[slot] == configuration.rows[p][slot].holder);
    }
  }
}

using NodeList = std::vector<NodeId>;

NodeList as_list(std::span<const NodeId> nodes) {
  return {nodes.begin(), nodes.end()};
}

// Its three owners, by name order of the slots, and "d" in slot 1 as the state wants it.
Configuration in_state(SlotState state) {
  Configuration configuration = four_members();
  Slot& slot = configuration.rows[0][1];
  slot.state = state;
  if (is_moving(slot)) slot.target = node_id_of("d");
  return configuration;
}

TEST_CASE("ring_of: a move that began stores at both nodes, and the old one is read") {
  const auto before = ring_of(four_members());
  const auto after = ring_of(moving());
  const NodeId d = node_id_of("d");
  const auto old = as_list(before->row(kFirst));
  CHECK(as_list(after->row(kFirst)) == NodeList{old[0], old[1], d, old[2]});
  CHECK(as_list(after->readers(kFirst)) == old);
  CHECK(after->row_version(kFirst) == RowVersion{2});
  CHECK(after->row_version(PartitionId{1}) == RowVersion{1});
  CHECK(after->owns(d, kFirst));
  CHECK_FALSE(after->reads_at(d, kFirst));
  CHECK_FALSE(after->is_settled(kFirst));
  CHECK(after->is_settled(PartitionId{1}));
}

TEST_CASE("ring_of: who is read and what N is, in each state") {
  const auto settled = ring_of(four_members());
  const auto old = as_list(settled->row(kFirst));
  struct Case {
    SlotState state;
    NodeList readers;
    RowNumbers numbers;
  };
  const RowNumbers three = RowNumbers::settled(3);
  const Case cases[] = {
      {SlotState::Settled, old, three},
      {SlotState::Copying, old, three},
      {SlotState::Switched, {old[0], node_id_of("d"), old[2]}, three},
      {SlotState::Vacant, {old[0], old[2]}, three},
      {SlotState::Extra, {old[0], old[2]}, {.reads = 2, .writes = {.inner = 2, .outer = 3}}},
      {SlotState::Joint, old, {.reads = 3, .writes = {.inner = 2, .outer = 3}}},
  };
  for (const Case& one : cases) {
    CAPTURE(one.state);
    const auto ring = ring_of(in_state(one.state));
    CHECK(as_list(ring->readers(kFirst)) == one.readers);
    CHECK(ring->numbers(kFirst) == one.numbers);
    CHECK(ring->replicas() == one.numbers.reads);
  }
}

TEST_CASE("Ring: a node that is being filled is compared with nobody, and nobody with it") {
  const auto old = as_list(ring_of(four_members())->row(kFirst));
  const NodeId d = node_id_of("d");
  const auto copying = ring_of(in_state(SlotState::Copying));
  CHECK(copying->compared_with(old[0], kFirst) == NodeList{old[1], old[2]});
  CHECK(copying->compared_with(d, kFirst).empty());
  const auto switched = ring_of(in_state(SlotState::Switched));
  CHECK(switched->compared_with(d, kFirst) == NodeList{old[0], old[1], old[2]});
  const auto vacant = ring_of(in_state(SlotState::Vacant));
  CHECK(vacant->compared_with(old[0], kFirst) == NodeList{old[2]});
  CHECK(vacant->compared_with(old[1], kFirst).empty());
}

TEST_CASE("ring_of: a target of a move is no fallback, and its slots are counted") {
  const auto ring = ring_of(moving());
  CHECK(ring->slots_of(node_id_of("d")) == 1);
  Token token{0};
  const PreferenceList list = preference_list_of(*ring, token);
  REQUIRE(list.partition == kFirst);
  CHECK(list.owners.size() == 4);
  CHECK(list.slots.size() == 3);
  CHECK(list.fallbacks.empty());
}

TEST_CASE("provisional_ring: the first rows, at an epoch and versions at which nobody answers") {
  const ClusterConfig config = founders_config(3, 8);
  const std::shared_ptr<const Ring> stand_in = provisional_ring(config);
  const std::shared_ptr<const Ring> first = first_ring(config);
  CHECK(stand_in->epoch() == Epoch{0});
  CHECK(stand_in->token_seed() == first->token_seed());
  for (std::uint16_t p = 0; p < 8; ++p) {
    const auto row = stand_in->row(PartitionId{p});
    const auto expected = first->row(PartitionId{p});
    CHECK(Row(row.begin(), row.end()) == Row(expected.begin(), expected.end()));
    CHECK(stand_in->row_version(PartitionId{p}) == RowVersion{0});
  }
}

}  // namespace
}  // namespace starling
