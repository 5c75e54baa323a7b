#pragma once

// The data directory, before anything is stored in it: made, writable, and not somebody else's.
// (One daemon a directory: the database inside it is locked.)

#include <string>

#include "starling/status.h"

namespace starling {

// Failure: the message names the directory and the remedy.
[[nodiscard]] Status prepare_data_directory(const std::string& directory);
// Where in it the database lies.
[[nodiscard]] std::string store_directory(const std::string& directory);

}  // namespace starling
