#include "net/repeat_filter.h"

#include <iterator>
#include <string>
#include <string_view>

#include "base/time.h"

namespace starling {

bool RepeatFilter::should_say(std::string_view kind, const std::string& line, Instant now) {
  Said& said = said_by_kind_[std::string(kind)];
  for (auto entry = said.begin(); entry != said.end();) {
    entry = now - entry->second < kSilence ? std::next(entry) : said.erase(entry);
  }
  if (said.size() >= kLinesMax) return false;
  return said.emplace(line, now).second;
}

}  // namespace starling
