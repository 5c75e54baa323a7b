#pragma once

// STARLING_CHECK: for our own mistakes only, and on in release builds. What a client, a peer or a
// disk says is never checked with it: such input gets a Status or a closed connection.

#include <string_view>

namespace starling {

// Prints the failed condition with its place and aborts.
[[noreturn]] void check_failed(std::string_view condition, std::string_view file, int line);

}  // namespace starling

#define STARLING_CHECK(condition) \
  if (!(condition)) [[unlikely]]  \
  ::starling::check_failed(#condition, __FILE__, __LINE__)
