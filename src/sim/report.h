#pragma once

// Report: what people and scripts read of a run: text, or one JSON object a seed.

#include <cstdint>
#include <string>

#include "sim/mark_board.h"
#include "sim/simulation.h"

namespace starling::sim {

// The command that repeats a run.
[[nodiscard]] std::string command_of(const RunOptions& options);
// One line for a run that held.
[[nodiscard]] std::string describe_success(const RunResult& result);
// The violations, the timeline of the first one's key, and the command that repeats the run as the
// last line.
enum class TimelineLength : std::uint8_t { Readable, Whole };
[[nodiscard]] std::string describe_failure(const RunOptions& options, const RunResult& result,
                                           TimelineLength length);
// One object, without a line feed.
[[nodiscard]] std::string to_json(const RunOptions& options, const RunResult& result);
// The marks that were reached and those that were not.
[[nodiscard]] std::string describe_marks(const MarkBoard& marks);

}  // namespace starling::sim
