#pragma once

// RepeatFilter: lets a line through to the log once in ten minutes. What strangers cause (rubbish,
// wrong clusters) may come a thousand times a second; people need to read it once. A line may hold
// words that a stranger chose, so the lines of each kind are counted as well: whoever thinks up a
// new name for each connection fills the share of one kind, and silences no other.

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/time.h"

namespace starling {

class RepeatFilter {
 public:
  static constexpr Duration kSilence = std::chrono::minutes(10);
  // Different lines of one kind within the silence: a cluster that is set up wrongly has a few.
  static constexpr std::size_t kLinesMax = 8;

  // `kind`: what the line is about, in the program's own words. There are few of them.
  [[nodiscard]] bool should_say(std::string_view kind, const std::string& line, Instant now);

 private:
  using Said = std::map<std::string, Instant, std::less<>>;
  std::map<std::string, Said, std::less<>> said_by_kind_;
};

}  // namespace starling
