#include "ring/ring.h"

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/member.h"
#include "ring/token.h"

namespace starling {
namespace {

RingMember member_named(const std::string& name, const std::string& zone = "") {
  return {.id = node_id_of(name), .name = name, .address = name + ":7400", .zone = zone};
}

// Four partitions with two slots each; "c" is a member without a slot.
Ring small_ring() {
  const NodeId a = node_id_of("a");
  const NodeId b = node_id_of("b");
  const NodeId d = node_id_of("d");
  return {Epoch{5},
          77,
          {member_named("d", "west"), member_named("b", "east"), member_named("a", "west"),
           member_named("c", "south")},
          {{a, b}, {b, d}, {d, a}, {a, b}},
          {RowVersion{1}, RowVersion{2}, RowVersion{5}, RowVersion{1}}};
}

TEST_CASE("Ring: it knows its members by id, sorted by name") {
  const Ring ring = small_ring();
  CHECK(ring.members().front().name == "a");
  CHECK(ring.members().back().name == "d");
  REQUIRE(ring.member(node_id_of("c")) != nullptr);
  CHECK(ring.member(node_id_of("c"))->zone == "south");
  CHECK(ring.member(node_id_of("nobody")) == nullptr);
}

TEST_CASE("Ring: it says who owns a partition and how many slots a member holds") {
  const Ring ring = small_ring();
  CHECK(ring.epoch() == Epoch{5});
  CHECK(ring.partitions() == 4);
  CHECK(ring.replicas() == 2);
  CHECK(ring.owns(node_id_of("a"), PartitionId{0}));
  CHECK_FALSE(ring.owns(node_id_of("a"), PartitionId{1}));
  CHECK(ring.row(PartitionId{1})[1] == node_id_of("d"));
  CHECK(ring.slots_of(node_id_of("a")) == 3);
  CHECK(ring.slots_of(node_id_of("c")) == 0);
  CHECK(ring.slots_of(node_id_of("nobody")) == 0);
}

TEST_CASE("Ring: its tokens depend on the seed, its partitions on the token") {
  const Ring ring = small_ring();
  CHECK(ring.token_of("carts", "alice") == token_of("carts", "alice", 77));
  CHECK(ring.partition_of(Token{std::uint64_t{3} << 62U}) == PartitionId{3});
}

TEST_CASE("Ring: places number the zones so that equal numbers are equal zones") {
  const Ring ring = small_ring();
  const auto zone = [&ring](const std::string& name) {
    return ring.place_of(node_id_of(name))->zone;
  };
  CHECK(ring.places().size() == 4);
  CHECK(zone("a") == zone("d"));
  CHECK(zone("a") != zone("b"));
  CHECK(zone("b") != zone("c"));
}

}  // namespace
}  // namespace starling
