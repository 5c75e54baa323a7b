#include "bench/key_name.h"

#include <doctest/doctest.h>

namespace starling::bench {
namespace {

TEST_CASE("key_name: keys have sixteen bytes and say what they are") {
  CHECK(record_key(0) == "user000000000000");
  CHECK(record_key(1234567) == "user000001234567");
  CHECK(inserted_key(0xAB, 0x1F) == "i000000ab000001f");
  CHECK(inserted_key(1, 2) != inserted_key(2, 1));
}

TEST_CASE("key_name: a number that needs more room gets it") {
  CHECK(inserted_key(1, 0x123456789) == "i00000001123456789");
}

}  // namespace
}  // namespace starling::bench
