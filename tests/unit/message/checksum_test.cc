#include "message/checksum.h"

#include <span>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "message/client_messages.h"

namespace starling {
namespace {

std::vector<SiblingReply> values(std::string_view first, std::string_view second) {
  std::vector<SiblingReply> siblings(2);
  siblings[0].value = first;
  siblings[1].value = second;
  return siblings;
}

TEST_CASE("checksum_of: key and value both matter, and the boundary between them") {
  CHECK(checksum_of("key", "value") == checksum_of("key", "value"));
  CHECK(checksum_of("key", "value") != checksum_of("other", "value"));
  CHECK(checksum_of("ab", "c") != checksum_of("a", "bc"));
}

TEST_CASE("checksum_of: siblings count with their order and their boundaries") {
  const std::span<const SiblingReply> none;
  CHECK(checksum_of("key", none) != checksum_of("key", values("", "")));
  CHECK(checksum_of("key", values("a", "b")) != checksum_of("key", values("b", "a")));
  CHECK(checksum_of("key", values("ab", "")) != checksum_of("key", values("a", "b")));
}

}  // namespace
}  // namespace starling
