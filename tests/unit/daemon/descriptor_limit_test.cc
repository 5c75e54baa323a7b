#include "daemon/descriptor_limit.h"

#include <cstdint>
#include <limits>

#include <doctest/doctest.h>
#include <sys/resource.h>

namespace starling {
namespace {

TEST_CASE(
    "clients_within: clients get what the rest of the node leaves, and never more than asked") {
  CHECK(clients_within(std::numeric_limits<std::uint64_t>::max(), 10'000) == 10'000);
  CHECK(clients_within(1'048'576, 10'000) == 10'000);
  CHECK(clients_within(8192, 10'000) == 8192 - 2408);
  CHECK(clients_within(8192, 64) == 64);
}

TEST_CASE("clients_within: of few descriptors clients get a quarter") {
  CHECK(clients_within(1024, 10'000) == 256);
  CHECK(clients_within(2500, 10'000) == 625);
}

TEST_CASE("raise_descriptor_limit: what it returns is in force, and nothing higher is allowed") {
  const std::uint64_t limit = raise_descriptor_limit();
  rlimit found{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &found) == 0);
  CHECK(limit == found.rlim_cur);
  CHECK(found.rlim_cur == found.rlim_max);
}

}  // namespace
}  // namespace starling
