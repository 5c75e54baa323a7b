#pragma once

// The names of a benchmark's keys, 16 bytes each while their numbers fit.

#include <cstdint>
#include <string>

namespace starling::bench {

// Of a record that is loaded beforehand: the same in every run, so that a second one finds it.
[[nodiscard]] std::string record_key(std::uint64_t record);
// Of a key that a run inserts. `run` tells runs apart: what one inserted is not new to the next.
[[nodiscard]] std::string inserted_key(std::uint32_t run, std::uint64_t number);

}  // namespace starling::bench
