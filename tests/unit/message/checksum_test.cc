#include "message/checksum.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "message/client_messages.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

std::uint64_t received(std::string_view key, std::string_view first, std::string_view second) {
  std::vector<SiblingReply> siblings(2);
  siblings[0].value = first;
  siblings[1].value = second;
  return checksum_of(key, siblings);
}

Sibling stored(SiblingKind kind, const std::string& value) {
  Sibling sibling{.kind = kind, .value_hash = hash_of_value(kind, "", value)};
  sibling.value = value;
  return sibling;
}

TEST_CASE("checksum_of: key, content type and value all matter, and the boundaries between them") {
  CHECK(checksum_of("key", "type", "value") == checksum_of("key", "type", "value"));
  CHECK(checksum_of("key", "type", "value") != checksum_of("other", "type", "value"));
  CHECK(checksum_of("key", "type", "value") != checksum_of("key", "tape", "value"));
  CHECK(checksum_of("key", "type", "value") != checksum_of("key", "type", "volume"));
  CHECK(checksum_of("ab", "c", "") != checksum_of("a", "bc", ""));
  CHECK(checksum_of("a", "bc", "d") != checksum_of("a", "b", "cd"));
}

TEST_CASE("checksum_of: siblings count with their order and their boundaries") {
  const std::span<const SiblingReply> none;
  CHECK(checksum_of("key", none) != received("key", "", ""));
  CHECK(received("key", "a", "b") != received("key", "b", "a"));
  CHECK(received("key", "ab", "") != received("key", "a", "b"));
}

TEST_CASE("checksum_of: what the coordinator makes of the hashes is what the client makes anew") {
  const std::vector<Sibling> siblings{stored(SiblingKind::Value, "a"),
                                      stored(SiblingKind::Tombstone, ""),
                                      stored(SiblingKind::Value, "b")};
  CHECK(checksum_of("key", siblings) == received("key", "a", "b"));
}

TEST_CASE("checksum_of: a value that changed after its hash was made is noticed by the reader") {
  std::vector<Sibling> siblings{stored(SiblingKind::Value, "a"), stored(SiblingKind::Value, "b")};
  siblings[1].value = "c";
  CHECK(checksum_of("key", siblings) != received("key", "a", "c"));
}

TEST_CASE("checksum_of: a content type that changed is noticed by the reader") {
  const std::vector<Sibling> siblings{stored(SiblingKind::Value, "a")};
  std::vector<SiblingReply> arrived(1);
  arrived[0].value = "a";
  arrived[0].content_type = "text/plain";
  CHECK(checksum_of("key", siblings) != checksum_of("key", arrived));
}

}  // namespace
}  // namespace starling
