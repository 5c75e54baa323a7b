#pragma once

// Directories that a power loss does not forget: each one that is made is synced into the one above
// it, before anything is stored there.

#include <string>

#include "starling/status.h"

namespace starling {

// Makes `directory` and those above it where they are missing. Failure: the message names the
// directory and the remedy.
[[nodiscard]] Status make_durable_directories(const std::string& directory);

}  // namespace starling
