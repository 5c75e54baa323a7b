#pragma once

// The data directory, before anything is stored in it: made, writable, and not somebody else's.
// (One daemon a directory: the database inside it is locked.)

#include <string>

#include "starling/result.h"
#include "starling/status.h"

#include "base/time.h"

namespace starling {

// Failure: the message names the directory and the remedy.
[[nodiscard]] Status prepare_data_directory(const std::string& directory);
// Where in it the database lies.
[[nodiscard]] std::string store_directory(const std::string& directory);
// Moves the database to a name of its own beside it, `store.rolled-back-` with the date and a
// number, and makes sure that the move survives a power loss. Nothing is ever deleted here. Returns
// where it is now. REQUIRES: nobody has it open. Failure: it could not be moved.
[[nodiscard]] Result<std::string> set_store_aside(const std::string& directory, WallTime now);
// Whether one was set aside here: an empty one in its place is not that of a new cluster.
[[nodiscard]] bool holds_store_set_aside(const std::string& directory);

}  // namespace starling
