#pragma once

// The bytes of a Configuration, as they are stored, sent and voted upon. Canonical: equal
// configurations have equal bytes, and only such bytes are read. About 15 KB at Q = 1024 and N = 3.

#include <cstddef>
#include <string>
#include <string_view>

#include "starling/result.h"

#include "base/hash.h"
#include "ring/configuration.h"

namespace starling {

// 32768 rows of 16 slots, all of them moving, take 5 MiB; a thousand members half of one.
inline constexpr std::size_t kConfigurationBytesMax = std::size_t{6} << 20U;

// REQUIRES: configuration.check().ok().
[[nodiscard]] std::string encode_configuration(const Configuration& configuration);
// Corruption: too long, damaged, of a newer format, not canonical, or not what check() allows.
[[nodiscard]] Result<Configuration> decode_configuration(std::string_view bytes);
// Names a configuration: the next one is bound to it. REQUIRES as for encoding.
[[nodiscard]] Hash128 digest_of(const Configuration& configuration);

}  // namespace starling
