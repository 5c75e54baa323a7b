#pragma once

// LogReading: how far a log of LevelDB (or its manifest, which is one) can be read, and what stands
// behind that point. It tells the tail that a power loss tore, behind which there is nothing, from
// damage, behind which records go on. LevelDB itself does not: it takes garbage in a tail for
// damage and does not open, and it takes a flipped length near the end for a tail, and drops all
// that follows without a word. The format is that of leveldb/doc/log_format.md.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace starling {

enum class LogEnd : std::uint8_t {
  Whole,    // all of it is records
  Torn,     // bytes behind the last whole record that are none, and no record begins behind them
  Damaged,  // one does: what is unreadable had been written before it; or only its length is wrong
};

struct LogReading {
  LogEnd end = LogEnd::Whole;
  std::size_t whole_bytes = 0;       // where the last whole record ends
  std::size_t last_record = 0;       // where it begins
  bool is_garbage = false;           // torn: more than a write that ended too early
  std::vector<std::string> records;  // when they are wanted
};

enum class LogContent : std::uint8_t { Leave, Keep };

[[nodiscard]] LogReading read_log(std::string_view bytes, LogContent content);

}  // namespace starling
