#pragma once

// What a record of LevelDB's manifest says about logs; nothing else of it is of use here. The
// format is that of leveldb/db/version_edit.cc.

#include <cstdint>
#include <optional>
#include <string_view>

namespace starling {

// Logs before this one are in tables. Nothing: the edit does not say, or is none.
[[nodiscard]] std::optional<std::uint64_t> log_number_of_edit(std::string_view edit);

}  // namespace starling
