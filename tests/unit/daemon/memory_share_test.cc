#include "daemon/memory_share.h"

#include <cstdint>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("MemoryShare: a control group's limit is a number or none") {
  CHECK(parse_memory_limit("268435456\n") == (256U << 20U));
  CHECK(parse_memory_limit("max\n") == 0);
  CHECK(parse_memory_limit("") == 0);
  CHECK(parse_memory_limit("99999999999999999999999\n") == 0);
}

TEST_CASE("MemoryShare: this machine has some memory") {
  CHECK(usable_memory_bytes() > (1U << 20U));
}

}  // namespace
}  // namespace starling
