#pragma once

// Durations and sizes as people write them: "10s", "250ms", "64MiB". Flags, the configuration file
// and the tool read them with the same rules and the same errors.

#include <cstdint>
#include <string>
#include <string_view>

#include "starling/result.h"

#include "base/time.h"

namespace starling {

// A whole number and a unit: us, ms, s, m, h. A number without a unit is refused, 0 excepted.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// A whole number and B, KiB, MiB, GiB, or none for bytes.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
// "64 MiB", "1.5 KiB", "12 B".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace starling
