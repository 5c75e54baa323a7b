#include "storage/level_stats.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "storage/storage_metrics.h"

namespace starling {
namespace {

constexpr std::size_t kColumns = 6;

// A line of whole numbers, as many as the table has columns.
std::optional<std::array<std::uint64_t, kColumns>> numbers_of(const std::string& line) {
  std::istringstream words(line);
  std::array<std::uint64_t, kColumns> numbers{};
  for (std::uint64_t& number : numbers) {
    if (!(words >> number)) return std::nullopt;
  }
  std::string rest;
  if (words >> rest) return std::nullopt;
  return numbers;
}

constexpr std::uint64_t mebibytes(std::uint64_t count) {
  return count << 20U;
}

}  // namespace

std::vector<LevelStats> parse_level_stats(std::string_view text) {
  std::vector<LevelStats> levels;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto numbers = numbers_of(line);
    if (!numbers.has_value()) continue;
    const auto& [level, files, size, seconds, read, written] = *numbers;
    levels.push_back({.level = level,
                      .files = files,
                      .bytes = mebibytes(size),
                      .compaction_seconds = seconds,
                      .compaction_bytes_read = mebibytes(read),
                      .compaction_bytes_written = mebibytes(written)});
  }
  return levels;
}

}  // namespace starling
