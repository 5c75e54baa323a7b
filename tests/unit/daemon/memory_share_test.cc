#include "daemon/memory_share.h"

#include <cstdint>

#include <doctest/doctest.h>

namespace starling {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;

TEST_CASE("MemoryShare: a control group's limit is a number or none") {
  CHECK(parse_memory_limit("268435456\n") == 256 * kMebibyte);
  CHECK(parse_memory_limit("max\n") == 0);
  CHECK(parse_memory_limit("") == 0);
  CHECK(parse_memory_limit("99999999999999999999999\n") == 0);
}

TEST_CASE("MemoryShare: this machine has some memory") {
  CHECK(usable_memory_bytes() > kMebibyte);
}

}  // namespace
}  // namespace starling
