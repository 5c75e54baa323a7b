#include "starling/trace.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace starling {
namespace {

// One a TraceEventKind, in the order of the enum.
constexpr std::array<std::string_view, static_cast<std::size_t>(kTraceEventKindLast) + 1> kNames{{
    "begun",          "unreachable",   "forwarded",       "forward_answered", "record_asked",
    "digest_asked",   "read_answered", "digest_differed", "minted",           "write_asked",
    "write_answered", "commit_begun",  "commit_done",     "repair_asked",     "repair_answered",
    "hint_asked",     "hint_answered", "hint_noted",      "connection_lost",  "configuration_newer",
    "silent",         "answered",
}};

}  // namespace

std::string_view trace_event_name(TraceEventKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kNames.size() ? kNames[index] : std::string_view("unknown");
}

}  // namespace starling
