#include "net/repeat_filter.h"

#include <map>
#include <string>
#include <string_view>

#include "base/time.h"

namespace starling {

bool RepeatFilter::should_say(std::string_view kind, const std::string& line, Instant now) {
  Said& said = said_by_kind_[std::string(kind)];
  std::erase_if(said, [now](const auto& entry) { return now - entry.second >= kSilence; });
  if (said.size() >= kLinesMax) return false;
  return said.emplace(line, now).second;
}

}  // namespace starling
