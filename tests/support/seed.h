#pragma once

// The seed of randomised tests.

#include <cstdint>
#include <cstdlib>

namespace starling {

// STARLING_SEED, or `otherwise` where it is not set.
inline std::uint64_t seed_or(std::uint64_t otherwise) {
  const char* const text = std::getenv("STARLING_SEED");  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace starling
