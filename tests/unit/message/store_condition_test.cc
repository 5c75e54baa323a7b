#include "message/store_condition.h"

#include <doctest/doctest.h>

#include "version/sibling_set.h"

namespace starling {
namespace {

TEST_CASE("StoreCondition: values need room, deletes need less, and a full store takes neither") {
  CHECK(takes(StoreCondition::Roomy, SiblingKind::Value));
  CHECK(takes(StoreCondition::Roomy, SiblingKind::Tombstone));
  CHECK_FALSE(takes(StoreCondition::Tight, SiblingKind::Value));
  CHECK(takes(StoreCondition::Tight, SiblingKind::Tombstone));
  CHECK_FALSE(takes(StoreCondition::Full, SiblingKind::Value));
  CHECK_FALSE(takes(StoreCondition::Full, SiblingKind::Tombstone));
}

}  // namespace
}  // namespace starling
