#pragma once

// Trace: what happened in a run, twice over. A rolling hash of (time, who, what) tells two runs
// apart at the first difference: the same seed must give the same hash, everywhere. The timeline,
// in words, is only kept when it is asked for: a failing seed is simply run again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace starling::sim {

enum class Recording : std::uint8_t { HashOnly, Timeline };

struct TimelineEntry {
  Instant at;
  std::string who;
  std::string subject;  // a key's name; empty: concerns the whole cluster
  std::string text;
};

class Trace {
 public:
  explicit Trace(Recording recording) : recording_(recording) {}

  void fold(Instant at, std::uint64_t who, std::uint64_t what);
  void fold(std::uint64_t number);
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

  // Callers ask before they build a sentence that nobody wants.
  [[nodiscard]] bool wants_words() const { return recording_ == Recording::Timeline; }
  void note(Instant at, std::string_view who, std::string_view subject, std::string text);
  // What concerns `subject`, and what concerns everybody.
  [[nodiscard]] std::vector<TimelineEntry> timeline_of(std::string_view subject) const;

 private:
  Recording recording_;
  std::uint64_t hash_ = 0;
  std::vector<TimelineEntry> entries_;
};

// A run that says more than this says nothing; the beginning is kept.
inline constexpr std::size_t kTimelineEntriesMax = 200'000;

}  // namespace starling::sim
