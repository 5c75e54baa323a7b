#pragma once

// XXH3, for spreading and for noticing accidents. It protects against no attacker: what must be
// authenticated goes through mac.h.

#include <compare>
#include <cstdint>
#include <string_view>

namespace starling {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  // Sums of hashes identify sets whatever the order of their members (Merkle leaves).
  void add(const Hash128& other);
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
};

[[nodiscard]] std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);
[[nodiscard]] Hash128 hash128(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace starling
