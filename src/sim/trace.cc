#include "sim/trace.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace starling::sim {

void Trace::fold(std::uint64_t number) {
  // One round of SplitMix64's mixing function over the running hash and the next number.
  std::uint64_t mixed = hash_ + 0x9E3779B97F4A7C15U + number;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  hash_ = mixed ^ (mixed >> 31U);
}

void Trace::fold(Instant at, std::uint64_t who, std::uint64_t what) {
  fold(static_cast<std::uint64_t>(at.time_since_epoch().count()));
  fold(who);
  fold(what);
}

void Trace::note(Instant at, std::string_view who, std::string_view subject, std::string text) {
  if (!wants_words() || entries_.size() >= kTimelineEntriesMax) return;
  entries_.push_back({at, std::string(who), std::string(subject), std::move(text)});
}

std::vector<TimelineEntry> Trace::timeline_of(std::string_view subject) const {
  std::vector<TimelineEntry> chosen;
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(chosen),
               [subject](const TimelineEntry& entry) {
                 return entry.subject.empty() || subject.empty() || entry.subject == subject;
               });
  return chosen;
}

}  // namespace starling::sim
