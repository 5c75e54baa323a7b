#include "base/mac.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("mac64: the first vectors of the SipHash paper") {
  MacKey key{};
  for (std::uint8_t i = 0; i < 16; ++i) key.at(i) = i;
  CHECK(mac64(key, "") == 0x310e0edd47db6f72);
  CHECK(mac64(key, std::string_view("\0", 1)) == 0xfd67dc93c539f874);
}

TEST_CASE("derive_mac_key: secret and purpose both matter, and do not run together") {
  CHECK(derive_mac_key("secret", "contexts") == derive_mac_key("secret", "contexts"));
  CHECK(derive_mac_key("secret", "contexts") != derive_mac_key("secret", "peers"));
  CHECK(derive_mac_key("ab", "c") != derive_mac_key("a", "bc"));
}

}  // namespace
}  // namespace starling
