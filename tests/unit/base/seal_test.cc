#include "base/seal.h"

#include <cstddef>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "base/bytes.h"

namespace starling {
namespace {

std::string sealed_text(const std::string& store_key) {
  ByteWriter writer;
  writer.raw("payload");
  return sealed(store_key, writer);
}

TEST_CASE("Seal: the payload comes back under its own key only") {
  const std::string bytes = sealed_text("key");
  CHECK(bytes.size() == 7 + 8);
  CHECK(unsealed("key", bytes) == "payload");
  CHECK(unsealed("other", bytes) == std::nullopt);
}

TEST_CASE("Seal: what is cut short or has another byte fails") {
  const std::string good = sealed_text("key");
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(unsealed("key", good.substr(0, size)) == std::nullopt);
    std::string bytes = good;
    bytes[size] = '?';
    CHECK(unsealed("key", bytes) == std::nullopt);
  }
}

}  // namespace
}  // namespace starling
