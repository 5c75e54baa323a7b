#include "base/random.h"

#include <array>
#include <cstdint>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("Random: the same seed gives the same stream on every machine") {
  Random random(1);
  CHECK(random.next() == 0x910a2dec89025cc1);
  CHECK(random.next() == 0xbeeb8da1658eec67);
}

TEST_CASE("Random: a fork does not depend on what was drawn before it") {
  Random drawn(5);
  const Random fresh(5);
  static_cast<void>(drawn.next());
  CHECK(drawn.fork("link", 3).next() == fresh.fork("link", 3).next());
  CHECK(fresh.fork("link", 3).next() != fresh.fork("link", 4).next());
  CHECK(fresh.fork("link").next() != fresh.fork("client").next());
}

TEST_CASE("Random: below reaches every value about equally often") {
  Random random(9);
  std::array<int, 5> hits{};
  for (int i = 0; i < 5000; ++i) ++hits.at(random.below(5));
  for (const int count : hits) {
    CHECK(count > 850);
    CHECK(count < 1150);
  }
}

TEST_CASE("Random: between includes both ends") {
  Random random(3);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t drawn = random.between(4, 6);
    CHECK(drawn >= 4);
    CHECK(drawn <= 6);
    low = low || drawn == 4;
    high = high || drawn == 6;
  }
  CHECK(low);
  CHECK(high);
}

}  // namespace
}  // namespace starling
