#include "repair/reconcile.h"

#include <cstdint>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "version/dot.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

SiblingSet write_of(std::uint64_t actor, SiblingKind kind = SiblingKind::Value,
                    std::uint64_t hash = 0) {
  SiblingSet versions;
  versions.add({.dot = {.actor = {.incarnation = Incarnation{actor}}, .counter = 1},
                .kind = kind,
                .value_hash = hash});
  return versions;
}

SiblingSet deletion_of(const SiblingSet& value) {
  SiblingSet versions = value;
  versions.discard(value.clock());
  CHECK(versions.sync(write_of(9, SiblingKind::Tombstone)));
  return versions;
}

TEST_CASE("reconciliation_of: equal records stay where they are") {
  const Reconciliation verdict = reconciliation_of(write_of(1), write_of(1));
  CHECK_FALSE(verdict.merge_here);
  CHECK_FALSE(verdict.push_there);
}

TEST_CASE("reconciliation_of: what one side lacks travels there") {
  CHECK(reconciliation_of({}, write_of(1)).merge_here);
  CHECK_FALSE(reconciliation_of({}, write_of(1)).push_there);
  CHECK(reconciliation_of(write_of(1), {}).push_there);
  CHECK_FALSE(reconciliation_of(write_of(1), {}).merge_here);
}

TEST_CASE("reconciliation_of: concurrent writes travel both ways") {
  const Reconciliation verdict = reconciliation_of(write_of(1), write_of(2));
  CHECK(verdict.merge_here);
  CHECK(verdict.push_there);
}

TEST_CASE(
    "reconciliation_of: a tombstone goes over the value it deleted, not to where nothing is") {
  const SiblingSet value = write_of(1);
  const SiblingSet deleted = deletion_of(value);
  CHECK(reconciliation_of(deleted, value).push_there);
  CHECK(reconciliation_of(value, deleted).merge_here);
  CHECK_FALSE(reconciliation_of(deleted, {}).push_there);
  CHECK_FALSE(reconciliation_of({}, deleted).merge_here);
}

TEST_CASE("reconciliation_of: one dot with two values moves nothing") {
  const Reconciliation verdict =
      reconciliation_of(write_of(1, SiblingKind::Value, 1), write_of(1, SiblingKind::Value, 2));
  CHECK(verdict.collision);
  CHECK_FALSE(verdict.merge_here);
  CHECK_FALSE(verdict.push_there);
}

}  // namespace
}  // namespace starling
