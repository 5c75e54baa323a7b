#pragma once

// How much memory this process may think of as its own.

#include <cstdint>
#include <string_view>

namespace starling {

// Of the machine, or less where a control group limits this process (a container).
[[nodiscard]] std::uint64_t usable_memory_bytes();

// What a control group's memory.max says; 0: no limit ("max"), or nothing that makes sense.
[[nodiscard]] std::uint64_t parse_memory_limit(std::string_view text);

}  // namespace starling
