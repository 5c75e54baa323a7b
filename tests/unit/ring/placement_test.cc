#include "ring/placement.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "naive_placement.h"
#include "ring/member.h"

namespace starling {
namespace {

constexpr std::array<Zones, 4> kLayouts{Zones::One, Zones::AsManyAsReplicas, Zones::Fewer,
                                        Zones::More};

RingMember member_numbered(std::uint32_t number, const std::string& zone) {
  const std::string name = "node" + std::to_string(number);
  return {.id = node_id_of(name), .name = name, .address = name + ":7400", .zone = zone};
}

PlacementRequest even_request(std::uint32_t members, std::uint32_t zones) {
  PlacementRequest request{.partitions = 1024, .replicas = 3, .members = {}};
  for (std::uint32_t i = 0; i < members; ++i) {
    request.members.push_back(member_numbered(i, "zone" + std::to_string(i % zones)));
  }
  return request;
}

std::map<NodeId, std::uint32_t> held_slots(const PlacementTable& table) {
  std::map<NodeId, std::uint32_t> slots;
  for (const Row& row : table) {
    for (const NodeId owner : row) ++slots[owner];
  }
  return slots;
}

void check_promises(const PlacementTable& table, const PlacementRequest& request) {
  REQUIRE(rows_are_spread(table, request));
  CHECK(worst_zone_deviation(table, request) < 1);
  CHECK(worst_member_deviation(table, request) < 1);
}

struct History {
  std::uint64_t moves = 0;
  std::uint64_t fewest = 0;
};

// A random cluster, then random joins and leaves.
History random_history(Random& random, Zones layout) {
  History history;
  PlacementRequest request = random_request(random, 20, layout);
  PlacementTable table = plan_placement({}, request);
  for (std::uint64_t change = 0; change < 8; ++change) {
    if (request.members.size() > 1 && random.below(2) == 0) {
      remove_random_member(request, random);
    } else {
      add_random_member(request, random, 1000 + change);
    }
    PlacementTable next = plan_placement(table, request);
    check_promises(next, request);
    CHECK_FALSE(circle_saves_a_move(table, next, request));
    history.moves += moves_between(table, next);
    history.fewest += fewest_moves(table, next, request);
    table = std::move(next);
  }
  return history;
}

History random_histories(Zones layout, std::uint64_t seed) {
  Random random(seed);
  History sum;
  for (int round = 0; round < 25; ++round) {
    const History history = random_history(random, layout);
    sum.moves += history.moves;
    sum.fewest += history.fewest;
  }
  return sum;
}

TEST_CASE("Placement: with one zone, joins and leaves move what they must") {
  const std::uint64_t seed = ring_test_seed();
  CAPTURE(seed);
  const History history = random_histories(Zones::One, seed);
  CHECK(history.moves >= history.fewest);
  // The bound knows nothing of the rows, so it can be out of reach where members are about as many
  // as replicas; that nothing could be saved is checked for each step. Measured: 1.001 times.
  CHECK(history.moves * 10 <= history.fewest * 11);
}

TEST_CASE("Placement: with as many zones as replicas, joins and leaves move what they must") {
  const std::uint64_t seed = ring_test_seed();
  CAPTURE(seed);
  const History history = random_histories(Zones::AsManyAsReplicas, seed);
  CHECK(history.moves >= history.fewest);
  CHECK(history.moves * 10 <= history.fewest * 11);
}

TEST_CASE("Placement: with fewer zones than replicas, moves stay below 1.7 times the fewest") {
  const std::uint64_t seed = ring_test_seed();
  CAPTURE(seed);
  const History history = random_histories(Zones::Fewer, seed);
  CHECK(history.moves >= history.fewest);
  CHECK(history.moves * 10 <= history.fewest * 17);
}

TEST_CASE("Placement: with more zones than replicas, moves stay below 1.7 times the fewest") {
  const std::uint64_t seed = ring_test_seed();
  CAPTURE(seed);
  const History history = random_histories(Zones::More, seed);
  CHECK(history.moves >= history.fewest);
  CHECK(history.moves * 10 <= history.fewest * 17);
}

TEST_CASE("Placement: a cluster of up to 1,000 members has spread rows and exact shares") {
  const std::uint64_t seed = ring_test_seed();
  CAPTURE(seed);
  Random random(seed);
  for (const Zones layout : kLayouts) {
    for (int round = 0; round < 3; ++round) {
      const PlacementRequest request = random_request(random, 1000, layout);
      check_promises(plan_placement({}, request), request);
    }
  }
}

TEST_CASE("Placement: an eleventh member moves exactly the 279 slots that it receives") {
  const PlacementTable ten = plan_placement({}, even_request(10, 1));
  const PlacementTable eleven = plan_placement(ten, even_request(11, 1));
  CHECK(held_slots(eleven)[node_id_of("node10")] == 279);
  CHECK(moves_between(ten, eleven) == 279);
}

TEST_CASE("Placement: a table that fits already stays as it is, slot by slot") {
  for (const std::uint32_t zones : {1, 2, 3, 5}) {
    CAPTURE(zones);
    const PlacementTable table = plan_placement({}, even_request(11, zones));
    CHECK(plan_placement(table, even_request(11, zones)) == table);
  }
}

TEST_CASE("Placement: who stays in a row keeps its slot there") {
  const PlacementTable before = plan_placement({}, even_request(10, 3));
  const PlacementTable after = plan_placement(before, even_request(9, 3));
  for (std::size_t p = 0; p < after.size(); ++p) {
    for (std::size_t slot = 0; slot < after[p].size(); ++slot) {
      const auto stays = std::ranges::find(after[p], before[p][slot]);
      CHECK((stays == after[p].end() || after[p][slot] == before[p][slot]));
    }
  }
}

TEST_CASE("Placement: the order in which members are named changes nothing") {
  const std::uint64_t seed = ring_test_seed();
  CAPTURE(seed);
  Random random(seed);
  for (const Zones layout : kLayouts) {
    PlacementRequest request = random_request(random, 30, layout);
    const PlacementTable table = plan_placement({}, request);
    for (std::size_t i = request.members.size(); i > 1; --i) {
      std::swap(request.members[i - 1], request.members[random.below(i)]);
    }
    CHECK(plan_placement({}, request) == table);
    add_random_member(request, random, 5000);
    const PlacementTable grown = plan_placement(table, request);
    std::ranges::reverse(request.members);
    CHECK(plan_placement(table, request) == grown);
  }
}

TEST_CASE("Placement: first slots are spread as evenly as slots") {
  const PlacementTable table = plan_placement({}, even_request(10, 1));
  std::map<NodeId, int> first_slots;
  for (const Row& row : table) ++first_slots[row.front()];
  CHECK(first_slots.size() == 10);
  for (const auto& [member, count] : first_slots) {
    CHECK((count >= 100 && count <= 105));
  }
}

std::map<std::pair<NodeId, NodeId>, int> rows_shared_by_pairs(const PlacementTable& table) {
  std::map<std::pair<NodeId, NodeId>, int> shared;
  for (const Row& row : table) {
    for (const NodeId one : row) {
      for (const NodeId other : row) {
        if (one < other) ++shared[{one, other}];
      }
    }
  }
  return shared;
}

TEST_CASE("Placement: every member shares rows with every other, so all help when one fails") {
  const auto shared = rows_shared_by_pairs(plan_placement({}, even_request(10, 1)));
  CHECK(shared.size() == 45);
  for (const auto& [pair, rows] : shared) {
    CHECK((rows > 34 && rows < 102));  // 68 on average
  }
}

TEST_CASE("Placement: a heavier weight and a higher N move no more than the difference") {
  PlacementRequest request = even_request(10, 1);
  const PlacementTable even = plan_placement({}, request);
  request.members.front().weight = 200;
  const PlacementTable heavier = plan_placement(even, request);
  CHECK(moves_between(even, heavier) == fewest_moves(even, heavier, request));
  CHECK(held_slots(heavier)[node_id_of("node0")] >= 558);
  request.replicas = 4;
  const PlacementTable wider = plan_placement(heavier, request);
  CHECK(moves_between(heavier, wider) == 1024);
  // A smaller N only drops slots, but for the last few that even out the counts.
  request.replicas = 3;
  CHECK(moves_between(wider, plan_placement(wider, request)) <= 3);
}

TEST_CASE("Placement: two zones share three replicas by weight, each zone in every row") {
  const PlacementRequest request = even_request(4, 2);
  const PlacementTable table = plan_placement({}, request);
  CHECK(rows_are_spread(table, request));
  for (const auto& [member, slots] : held_slots(table)) CHECK(slots == 768);
}

TEST_CASE("Placement: tables are the same on every machine (golden hashes)") {
  const PlacementTable three = plan_placement({}, even_request(3, 3));
  CHECK(hash_of_table(three) == 0x61535F725042147A);
  const PlacementTable four = plan_placement(three, even_request(4, 3));
  CHECK(hash_of_table(four) == 0x8E23602019DADE36);
  const PlacementTable ten = plan_placement({}, even_request(10, 5));
  CHECK(hash_of_table(ten) == 0xD766F7710CC8A807);
  const PlacementTable nine = plan_placement(ten, even_request(9, 5));
  CHECK(hash_of_table(nine) == 0xCB0E261C6DCA12BA);
}

}  // namespace
}  // namespace starling
