#include "sim/write_set.h"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

namespace starling::sim {
namespace {

TEST_CASE("WriteSet: holds what was added, across words") {
  WriteSet set;
  set.add(0);
  set.add(63);
  set.add(64);
  set.add(200);
  CHECK(set.members() == std::vector<std::uint32_t>{0, 63, 64, 200});
  CHECK_FALSE(set.has(65));
  CHECK_FALSE(set.has(10'000));
}

TEST_CASE("WriteSet: a removed write is gone") {
  WriteSet set;
  set.add(3);
  set.remove(3);
  set.remove(400);
  CHECK(set.members().empty());
}

TEST_CASE("WriteSet: a union covers both sides") {
  WriteSet left;
  left.add(1);
  WriteSet right;
  right.add(100);
  CHECK_FALSE(left.covers(right));
  left.join(right);
  CHECK(left.covers(right));
  CHECK_FALSE(right.covers(left));
}

TEST_CASE("WriteSet: names the first member that another lacks") {
  WriteSet mine;
  mine.add(5);
  mine.add(70);
  WriteSet other;
  other.add(5);
  CHECK(mine.first_missing_in(other) == 70);
  CHECK(other.first_missing_in(mine) == WriteSet::kNoWrite);
}

}  // namespace
}  // namespace starling::sim
