#pragma once

// SipHash-2-4: a keyed authentication code for the contexts that clients carry. Without the key
// nobody can make one, so a forged context can not claim writes that it never saw.

#include <array>
#include <cstdint>
#include <string_view>

namespace starling {

using MacKey = std::array<std::uint8_t, 16>;

[[nodiscard]] std::uint64_t mac64(const MacKey& key, std::string_view bytes);
// A key for `purpose`, derived from a secret of any length (or from nothing, where none is set).
[[nodiscard]] MacKey derive_mac_key(std::string_view secret, std::string_view purpose);

}  // namespace starling
