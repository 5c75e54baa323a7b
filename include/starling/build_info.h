#pragma once

// Which release of Starling this is. Programs and library of one release speak the same protocol.

#include <string_view>

namespace starling {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace starling
