#pragma once

// Portions: a way to cut a stream of bytes, drawn from a number; what a connection delivers never
// keeps to the sender's boundaries.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/random.h"

namespace starling::fuzz {

// Calls `take` with one portion after the other until it returns false or all is taken.
template <typename Take>
void in_portions(std::string_view bytes, std::uint64_t number, const Take& take) {
  Random random(number);
  while (!bytes.empty()) {
    // Often a few bytes, now and then a packet.
    const std::uint64_t longest = random.below(4) == 0 ? 1500 : 40;
    const std::size_t size = std::min<std::size_t>(bytes.size(), random.between(1, longest));
    if (!take(bytes.substr(0, size))) return;
    bytes.remove_prefix(size);
  }
}

}  // namespace starling::fuzz
