#include "ring/configured_ring.h"

#include <cstdint>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "ring/cluster_config.h"
#include "ring/configuration.h"
#include "ring/ring.h"
#include "ring/slot.h"
#include "ring/slot_step.h"
#include "ring/succession.h"
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

TEST_CASE("ring_of: a configuration's rows, versions, members and seed are the ring's") {
  const Configuration configuration = four_members();
  const auto ring = ring_of(configuration);
  REQUIRE(ring.ok());
  CHECK((*ring)->epoch() == Epoch{1});
  CHECK((*ring)->token_seed() == configuration.token_seed);
  CHECK((*ring)->members().size() == 4);
  CHECK((*ring)->replicas() == 3);
  for (std::uint16_t p = 0; p < 4; ++p) {
    CHECK((*ring)->row_version(PartitionId{p}) == RowVersion{1});
    for (std::size_t slot = 0; slot < 3; ++slot) {
      CHECK((*ring)->row(PartitionId{p})[slot] == configuration.rows[p][slot].holder);
    }
  }
}

TEST_CASE("ring_of: a move that began has the old owner and a newer version of the row") {
  const auto before = ring_of(four_members());
  const auto after = ring_of(moving());
  REQUIRE(before.ok());
  REQUIRE(after.ok());
  CHECK((*after)->row(kFirst)[1] == (*before)->row(kFirst)[1]);
  CHECK((*after)->row_version(kFirst) == RowVersion{2});
  CHECK((*after)->row_version(PartitionId{1}) == RowVersion{1});
  CHECK_FALSE((*after)->owns(node_id_of("d"), kFirst));
}

TEST_CASE("ring_of: a row in a state that a ring can not say is refused by its partition") {
  Configuration switched = moving();
  switched.rows[0][1].state = SlotState::Switched;
  CHECK(ring_of(switched).status().code() == StatusCode::Failure);
  CHECK(ring_of(switched).status().message().find("partition 0") != std::string::npos);
  Configuration stepped_back = moving();
  stepped_back.rows[0][1].read_before = true;
  CHECK_FALSE(check_served(stepped_back).ok());
  Configuration wider = four_members();
  wider.rows[2].push_back(
      {.state = SlotState::Settled, .holder = node_id_of("d"), .since = Epoch{1}});
  CHECK(check_served(wider).message().find("partition 2") != std::string::npos);
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
