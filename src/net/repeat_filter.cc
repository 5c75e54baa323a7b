#include "net/repeat_filter.h"

#include <string>

#include "base/time.h"

namespace starling {

bool RepeatFilter::should_say(const std::string& line, Instant now) {
  const auto known = said_.find(line);
  if (known != said_.end()) {
    if (now - known->second < kSilence) return false;
    known->second = now;
    return true;
  }
  if (said_.size() >= kLinesMax) said_.clear();
  said_.emplace(line, now);
  return true;
}

}  // namespace starling
