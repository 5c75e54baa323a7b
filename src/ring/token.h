#pragma once

// Token: the position of a key on the ring, 64 bits of XXH3 over bucket and key with a seed that is
// the cluster's secret, so that nobody outside can aim at one partition (Dynamo, section 4.2).

#include <compare>
#include <cstdint>
#include <string_view>

namespace starling {

struct Token {
  std::uint64_t value = 0;
  friend auto operator<=>(const Token&, const Token&) = default;
};

// A bucket holds no zero byte (1-255 bytes of [A-Za-z0-9._-]), so the two never run together.
[[nodiscard]] Token token_of(std::string_view bucket, std::string_view key, std::uint64_t seed);

}  // namespace starling
