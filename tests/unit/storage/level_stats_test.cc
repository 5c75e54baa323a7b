#include "storage/level_stats.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "storage/storage_metrics.h"

namespace starling {
namespace {

// As LevelDB 1.23 writes it.
constexpr const char* kStats =
    "                               Compactions\n"
    "Level  Files Size(MB) Time(sec) Read(MB) Write(MB)\n"
    "--------------------------------------------------\n"
    "  0        2        4         0        0        9\n"
    "  1       13       25         3      120       96\n";

TEST_CASE("LevelStats: each level is one line of numbers") {
  const std::vector<LevelStats> levels = parse_level_stats(kStats);
  REQUIRE(levels.size() == 2);
  CHECK(levels[0] == LevelStats{.level = 0,
                                .files = 2,
                                .bytes = 4U << 20U,
                                .compaction_seconds = 0,
                                .compaction_bytes_read = 0,
                                .compaction_bytes_written = 9U << 20U});
  CHECK(levels[1].level == 1);
  CHECK(levels[1].compaction_seconds == 3);
  CHECK(levels[1].compaction_bytes_read == 120U << 20U);
}

TEST_CASE("LevelStats: what is not the table is passed over") {
  CHECK(parse_level_stats("").empty());
  CHECK(parse_level_stats("1 2 3\n1 2 3 4 5 6 7\nLevel 1 2 3 4 5\n").empty());
  CHECK(parse_level_stats(std::string("Uptime 5\n") + kStats).size() == 2);
}

}  // namespace
}  // namespace starling
