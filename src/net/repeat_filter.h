#pragma once

// RepeatFilter: lets a line through to the log once in ten minutes. What strangers cause (rubbish,
// wrong clusters) may come a thousand times a second; people need to read it once.

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "base/time.h"

namespace starling {

class RepeatFilter {
 public:
  static constexpr Duration kSilence = std::chrono::minutes(10);
  // Distinct lines remembered. Beyond it all are forgotten, and may be said once more.
  static constexpr std::size_t kLinesMax = 64;

  [[nodiscard]] bool should_say(const std::string& line, Instant now);

 private:
  std::map<std::string, Instant> said_;
};

}  // namespace starling
