#pragma once

// How much memory this process may think of as its own, and what share of it the block cache gets
// when nobody says.

#include <cstdint>
#include <string_view>

namespace starling {

// A sixteenth of the memory, from 16 MiB to 1 GiB: several nodes may share a machine with others,
// and the page cache of the system, which holds the same blocks compressed, wants the rest.
[[nodiscard]] std::uint64_t block_cache_share(std::uint64_t memory_bytes);

// Of the machine, or less where a control group limits this process (a container).
[[nodiscard]] std::uint64_t usable_memory_bytes();

// What a control group's memory.max says; 0: no limit ("max"), or nothing that makes sense.
[[nodiscard]] std::uint64_t parse_memory_limit(std::string_view text);

}  // namespace starling
