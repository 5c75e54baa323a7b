#include "ring/token.h"

#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include "base/hash.h"

namespace starling {
namespace {

TEST_CASE("Token: it is the seeded hash of bucket, zero byte and key") {
  CHECK(token_of("carts", "alice", 7).value == hash64(std::string("carts\0alice", 11), 7));
}

TEST_CASE("Token: moving a byte from the bucket to the key, or another seed, changes it") {
  CHECK(token_of("ab", "c", 7) != token_of("a", "bc", 7));
  CHECK(token_of("ab", "c", 7) != token_of("ab", "c", 8));
}

TEST_CASE("Token: its value is the same on every machine") {
  CHECK(token_of("carts", "alice", 1).value == 0x5F1874EC2230CFC4);
}

}  // namespace
TEST_CASE("a token is of bucket, zero byte and key, however long they are") {
  for (const std::size_t length : {1, 250, 255, 256, 257, 4000}) {
    const std::string bucket = "carts";
    const std::string key(length, 'k');
    CHECK(token_of(bucket, key, 7).value == hash64(bucket + '\0' + key, 7));
  }
}

}  // namespace starling
