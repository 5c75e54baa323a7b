#include "membership/probe_order.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"

namespace starling {
namespace {

std::vector<NodeId> members_up_to(std::uint64_t last) {
  std::vector<NodeId> members;
  for (std::uint64_t i = 1; i <= last; ++i) members.push_back(NodeId{i});
  return members;
}

std::vector<NodeId> pass_of(ProbeOrder& order, std::size_t length) {
  std::vector<NodeId> pass;
  for (std::size_t i = 0; i < length; ++i) pass.push_back(*order.next());
  return pass;
}

TEST_CASE("ProbeOrder: without members there is nobody to probe") {
  ProbeOrder order(Random(1));
  CHECK_FALSE(order.next().has_value());
  order.set_members(members_up_to(2));
  CHECK(order.next().has_value());
  order.set_members({});
  CHECK_FALSE(order.next().has_value());
}

TEST_CASE("ProbeOrder: each pass has every member once, and passes differ") {
  ProbeOrder order(Random(1));
  order.set_members(members_up_to(20));
  const std::vector<NodeId> first = pass_of(order, 20);
  const std::vector<NodeId> second = pass_of(order, 20);
  CHECK(std::set<NodeId>(first.begin(), first.end()).size() == 20);
  CHECK(std::set<NodeId>(second.begin(), second.end()).size() == 20);
  CHECK(first != second);
}

TEST_CASE("ProbeOrder: a change of members in the middle of a pass repeats and skips nobody") {
  ProbeOrder order(Random(3));
  order.set_members(members_up_to(10));
  std::vector<NodeId> seen = pass_of(order, 4);
  std::vector<NodeId> changed = members_up_to(12);
  std::erase(changed, seen.front());
  order.set_members(changed);
  for (const NodeId member : pass_of(order, 8)) seen.push_back(member);
  std::ranges::sort(seen);
  CHECK(seen == members_up_to(12));
}

}  // namespace
}  // namespace starling
