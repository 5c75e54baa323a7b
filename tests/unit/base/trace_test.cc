#include "starling/trace.h"

#include <cstdint>
#include <set>
#include <string_view>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("Trace: every kind of event has a name of its own") {
  std::set<std::string_view> names;
  const auto last = static_cast<std::uint8_t>(kTraceEventKindLast);
  for (std::uint8_t kind = 0; kind <= last; ++kind) {
    names.insert(trace_event_name(static_cast<TraceEventKind>(kind)));
  }
  CHECK(names.size() == std::size_t{last} + 1);
  CHECK(names.count("unknown") == 0);
  CHECK(trace_event_name(static_cast<TraceEventKind>(last + 1)) == "unknown");
}

TEST_CASE("Trace: the names are those that programs read") {
  CHECK(trace_event_name(TraceEventKind::Begun) == "begun");
  CHECK(trace_event_name(TraceEventKind::WriteAsked) == "write_asked");
  CHECK(trace_event_name(TraceEventKind::CommitDone) == "commit_done");
  CHECK(trace_event_name(TraceEventKind::HintNoted) == "hint_noted");
  CHECK(trace_event_name(TraceEventKind::Answered) == "answered");
}

}  // namespace
}  // namespace starling
