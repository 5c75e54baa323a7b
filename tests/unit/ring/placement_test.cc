#include "ring/placement.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/member.h"

namespace starling {
namespace {

PlacementRequest request_of(std::uint32_t members, std::uint32_t zones) {
  PlacementRequest request{.partitions = 1024, .replicas = 3, .members = {}};
  for (std::uint32_t i = 0; i < members; ++i) {
    const std::string name = "node" + std::to_string(i);
    request.members.push_back({.id = node_id_of(name),
                               .name = name,
                               .address = name + ":7400",
                               .zone = "zone" + std::to_string(i % zones)});
  }
  return request;
}

TEST_CASE("Placement: every row has three distinct owners") {
  for (const Row& row : plan_placement({}, request_of(10, 4))) {
    CHECK(std::set<NodeId>(row.begin(), row.end()).size() == 3);
  }
}

TEST_CASE("Placement: fewer members than replicas all own everything") {
  for (const Row& row : plan_placement({}, request_of(2, 1))) CHECK(row.size() == 2);
}

TEST_CASE("Placement: a plan for a table that fits already changes nothing") {
  const PlacementTable table = plan_placement({}, request_of(10, 4));
  CHECK(plan_placement(table, request_of(10, 4)) == table);
}

}  // namespace
}  // namespace starling
