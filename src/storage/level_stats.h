#pragma once

// Reads what LevelDB says of its levels ("leveldb.stats"): a table for people, and the only place
// where it says it.

#include <string_view>
#include <vector>

#include "storage/storage_metrics.h"

namespace starling {

// Lines that are not of the table are passed over: a later LevelDB may say more.
[[nodiscard]] std::vector<LevelStats> parse_level_stats(std::string_view text);

}  // namespace starling
