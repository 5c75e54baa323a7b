#include "ring/partition.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "ring/token.h"

namespace starling {
namespace {

TEST_CASE("Partition: its number is the token's top bits") {
  CHECK(partition_of(Token{0}, 1024) == PartitionId{0});
  CHECK(partition_of(Token{~std::uint64_t{0}}, 1024) == PartitionId{1023});
  CHECK(partition_of(Token{std::uint64_t{5} << 54U}, 1024) == PartitionId{5});
  CHECK(partition_of(Token{(std::uint64_t{5} << 54U) - 1}, 1024) == PartitionId{4});
}

TEST_CASE("Partition: a ring of one has only the first") {
  CHECK(partition_of(Token{~std::uint64_t{0}}, 1) == PartitionId{0});
}

TEST_CASE("check_partition_count: powers of two within the bounds pass") {
  for (const std::uint64_t count : {1, 2, 16, 1024, 32768}) {
    CAPTURE(count);
    CHECK(check_partition_count(count).ok());
  }
}

TEST_CASE("check_partition_count: anything else is refused with the number and a remedy") {
  for (const std::uint64_t count : {0, 3, 1000, 65536}) {
    CAPTURE(count);
    const Status status = check_partition_count(count);
    CHECK(status == Status(StatusCode::Usage, std::to_string(count) +
                                                  " is not a power of two from 1 to 32768; 1024 "
                                                  "suits most clusters"));
  }
}

}  // namespace
}  // namespace starling
