#include "wire/codec_trace.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <flatbuffers/buffer.h>
#include <flatbuffers/string.h>

#include "starling/trace.h"

#include "base/time.h"
#include "common_generated.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"

namespace starling {
namespace {

constexpr std::uint8_t kNoWord = 255;

// The texts of one trace, each once, in the order in which they are first used.
class Words {
 public:
  // More different ones than there are numbers are left empty: no honest trace has a tenth of that.
  std::uint8_t index_of(std::string_view word) {
    if (word.empty()) return kNoWord;
    word = word.substr(0, kTraceWordBytesMax);
    const auto found = std::ranges::find(words_, word);
    if (found == words_.end() && words_.size() == kNoWord) return kNoWord;
    if (found == words_.end()) {
      words_.push_back(word);
      return static_cast<std::uint8_t>(words_.size() - 1);
    }
    return static_cast<std::uint8_t>(found - words_.begin());
  }
  [[nodiscard]] std::vector<TextOffset> write(Builder& builder) const {
    std::vector<TextOffset> offsets;
    offsets.reserve(words_.size());
    for (const std::string_view word : words_) {
      offsets.push_back(write_required_text(builder, word));
    }
    return offsets;
  }

 private:
  std::vector<std::string_view> words_;
};

wire::TraceEvent wire_trace_event(const TraceEvent& event, Words& words) {
  const Duration at = std::clamp(Duration(event.at), Duration::zero(), kRemainingMax);
  return {static_cast<std::uint64_t>(at.count()),
          static_cast<std::uint8_t>(event.kind),
          words.index_of(event.node),
          words.index_of(event.peer),
          words.index_of(event.home),
          words.index_of(event.result)};
}

std::uint32_t saturated_sum(std::uint32_t left, std::size_t right) {
  const std::uint64_t sum = std::uint64_t{left} + right;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
}

std::string word_at(FieldReader& reader, const std::vector<std::string>& words,
                    std::uint8_t index) {
  if (index == kNoWord) return {};
  reader.require(index < words.size(), "trace", "a word that is not there");
  return reader.failed() ? std::string() : words[index];
}

std::vector<std::string> read_words(FieldReader& reader, const wire::Trace& table) {
  std::vector<std::string> words;
  if (table.words() == nullptr) return words;
  reader.require(table.words()->size() <= kNoWord, "trace", "too many words");
  if (reader.failed()) return words;
  for (const flatbuffers::String* const word : *table.words()) {
    words.push_back(reader.text(word, kTraceWordBytesMax, "trace"));
  }
  return words;
}

}  // namespace

flatbuffers::Offset<wire::Trace> write_trace(Builder& builder, const Trace& trace) {
  if (trace.events.empty()) return 0;
  const std::size_t count = std::min(trace.events.size(), kTraceEventsMax);
  Words words;
  std::vector<wire::TraceEvent> events;
  events.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    events.push_back(wire_trace_event(trace.events[i], words));
  const auto word_column = builder.CreateVector(words.write(builder));
  const auto event_column = write_structs(builder, events);
  return wire::CreateTrace(builder, event_column, word_column,
                           saturated_sum(trace.left_out, trace.events.size() - count));
}

Trace read_trace(FieldReader& reader, const wire::Trace* table) {
  Trace trace;
  if (table == nullptr) return trace;
  const std::vector<wire::TraceEvent> events =
      reader.structs(table->events(), kTraceEventsMax, "trace");
  const std::vector<std::string> words = read_words(reader, *table);
  trace.left_out = table->left_out();
  for (const wire::TraceEvent& event : events) {
    const std::uint64_t at = event.at_nanoseconds();
    reader.require(at <= static_cast<std::uint64_t>(kRemainingMax.count()), "trace",
                   "a time out of range");
    if (event.kind() > static_cast<std::uint8_t>(kTraceEventKindLast)) {
      trace.left_out = saturated_sum(trace.left_out, 1);
      continue;
    }
    trace.events.push_back({.at = Duration(static_cast<std::int64_t>(at)),
                            .kind = static_cast<TraceEventKind>(event.kind()),
                            .node = word_at(reader, words, event.node()),
                            .peer = word_at(reader, words, event.peer()),
                            .home = word_at(reader, words, event.home()),
                            .result = word_at(reader, words, event.result())});
    if (reader.failed()) return {};
  }
  // Of a trace without events nothing is left: none is sent either.
  if (trace.events.empty()) return {};
  return trace;
}

}  // namespace starling
