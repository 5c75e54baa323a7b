#include "base/mac.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include <sodium/crypto_generichash.h>
#include <sodium/crypto_shorthash.h>

#include "base/assert.h"

namespace starling {
namespace {

const unsigned char* as_unsigned(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

std::uint64_t mac64(const MacKey& key, std::string_view bytes) {
  static_assert(crypto_shorthash_KEYBYTES == std::tuple_size_v<MacKey>);
  std::array<unsigned char, crypto_shorthash_BYTES> out{};
  crypto_shorthash(out.data(), as_unsigned(bytes), bytes.size(), key.data());
  std::uint64_t value = 0;
  for (const unsigned char byte : out) value = (value << 8U) | byte;
  return value;
}

MacKey derive_mac_key(std::string_view secret, std::string_view purpose) {
  MacKey key{};
  crypto_generichash_state state;
  // BLAKE2b: the secret is hashed with its length in front, so no two pairs run together.
  STARLING_CHECK(crypto_generichash_init(&state, nullptr, 0, key.size()) == 0);
  std::array<unsigned char, 8> size{};
  for (std::size_t i = 0; i < size.size(); ++i) {
    size.at(i) = static_cast<unsigned char>((std::uint64_t{secret.size()} >> (8 * i)) & 0xFFU);
  }
  crypto_generichash_update(&state, size.data(), size.size());
  crypto_generichash_update(&state, as_unsigned(secret), secret.size());
  crypto_generichash_update(&state, as_unsigned(purpose), purpose.size());
  crypto_generichash_final(&state, key.data(), key.size());
  return key;
}

}  // namespace starling
