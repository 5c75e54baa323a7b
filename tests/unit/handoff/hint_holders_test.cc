#include "handoff/hint_holders.h"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "ring/preference_list.h"

namespace starling {
namespace {

PreferenceList list_with(std::vector<NodeId> fallbacks) {
  return {.owners = {NodeId{1}, NodeId{2}}, .fallbacks = std::move(fallbacks)};
}

TEST_CASE("hint_holders_of: the first fallbacks, as many as there are") {
  const PreferenceList three = list_with({NodeId{5}, NodeId{3}, NodeId{4}});
  CHECK(std::ranges::equal(hint_holders_of(three), std::vector<NodeId>{NodeId{5}, NodeId{3}}));
  CHECK(hint_holders_of(list_with({NodeId{5}})).size() == 1);
  CHECK(hint_holders_of(list_with({})).empty());
}

TEST_CASE("reachable_hint_holder: the first designated one that is there, and no other node") {
  const PreferenceList three = list_with({NodeId{5}, NodeId{3}, NodeId{4}});
  CHECK(reachable_hint_holder(three, [](NodeId) { return true; }) == NodeId{5});
  CHECK(reachable_hint_holder(three, [](NodeId node) { return node != NodeId{5}; }) == NodeId{3});
  CHECK(reachable_hint_holder(three, [](NodeId node) { return node == NodeId{4}; }) ==
        std::nullopt);
}

}  // namespace
}  // namespace starling
