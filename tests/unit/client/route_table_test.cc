#include "client/route_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

ClusterStatusReply members(std::uint64_t epoch, std::initializer_list<std::uint64_t> ids) {
  ClusterStatusReply status;
  status.epoch = Epoch{epoch};
  for (const std::uint64_t id : ids) status.members.emplace_back().id = NodeId{id};
  return status;
}

TEST_CASE("RouteTable: each key prefers one member, and all are preferred alike") {
  RouteTable table;
  table.adopt(members(1, {11, 22, 33}));
  std::array<int, 3> preferred{};
  for (int key = 0; key < 3000; ++key) {
    const std::uint64_t hash = RouteTable::hash_of("b", std::to_string(key));
    const std::array<std::uint64_t, 3> weights{table.weight(hash, NodeId{11}),
                                               table.weight(hash, NodeId{22}),
                                               table.weight(hash, NodeId{33})};
    ++preferred.at(static_cast<std::size_t>(std::ranges::max_element(weights) - weights.begin()));
  }
  for (const int keys : preferred) CHECK(keys > 900);
}

TEST_CASE("RouteTable: what was learned of a key is preferred, of that key only") {
  RouteTable table;
  table.adopt(members(1, {11, 22, 33}));
  const std::uint64_t key = RouteTable::hash_of("b", "k");
  const std::uint64_t other = RouteTable::hash_of("b", "l");
  table.learn(key, NodeId{22});
  CHECK(table.learned(key) == NodeId{22});
  CHECK(table.weight(key, NodeId{22}) > table.weight(key, NodeId{11}));
  CHECK(table.weight(key, NodeId{22}) > table.weight(key, NodeId{33}));
  CHECK_FALSE(table.learned(other).has_value());
}

TEST_CASE("RouteTable: an owner who is no member is not learned") {
  RouteTable table;
  table.adopt(members(1, {11}));
  table.learn(RouteTable::hash_of("b", "k"), NodeId{99});
  CHECK_FALSE(table.learned(RouteTable::hash_of("b", "k")).has_value());
}

TEST_CASE("RouteTable: newer members end what was learned under the old") {
  RouteTable table;
  CHECK(table.epoch() == Epoch{});
  table.adopt(members(1, {11, 22}));
  table.learn(RouteTable::hash_of("b", "k"), NodeId{22});
  table.adopt(members(2, {22, 11}));
  CHECK(table.epoch() == Epoch{2});
  CHECK_FALSE(table.learned(RouteTable::hash_of("b", "k")).has_value());
}

TEST_CASE("RouteTable: bucket and key together are hashed") {
  CHECK(RouteTable::hash_of("ab", "c") != RouteTable::hash_of("a", "bc"));
}

}  // namespace
}  // namespace starling
