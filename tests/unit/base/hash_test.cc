#include "base/hash.h"

#include <cstdint>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("hash64: the values of XXH3 are fixed, since tokens on disk depend on them") {
  CHECK(hash64("") == 0x2d06800538d394c2);
  CHECK(hash64("starling", 1) != hash64("starling", 2));
}

TEST_CASE("Hash128: a sum does not depend on the order, and carries") {
  Hash128 one{.high = 1, .low = ~std::uint64_t{0}};
  Hash128 other{.high = 2, .low = 1};
  Hash128 forwards = one;
  forwards.add(other);
  Hash128 backwards = other;
  backwards.add(one);
  CHECK(forwards == backwards);
  CHECK(forwards == Hash128{.high = 4, .low = 0});
}

}  // namespace
}  // namespace starling
