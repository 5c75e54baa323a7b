#pragma once

// An instant for tests to which it does not matter which one it is.

#include <chrono>

#include "base/time.h"

namespace starling {

// Late enough that a test may look hours back.
inline constexpr Instant kNow{std::chrono::hours(1000)};

}  // namespace starling
