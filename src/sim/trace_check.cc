#include "sim/trace_check.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "starling/status.h"
#include "starling/trace.h"

namespace starling::sim {
namespace {

constexpr std::string_view kDone = "done";

bool is_minted(const starling::Trace& trace) {
  return std::ranges::any_of(trace.events, [](const TraceEvent& event) {
    return event.kind == TraceEventKind::Minted && event.result == status_code_name(StatusCode::Ok);
  });
}

// The nodes whose answers can have counted, under the last configuration that was asked.
std::size_t votes_in(const starling::Trace& trace) {
  const bool minted = is_minted(trace);
  std::set<std::string> voters;
  for (const TraceEvent& event : trace.events) {
    if (event.kind == TraceEventKind::ConfigurationNewer) voters.clear();
    const bool of_write =
        event.kind == TraceEventKind::WriteAnswered || event.kind == TraceEventKind::HintAnswered;
    const bool counts = minted ? of_write : event.kind == TraceEventKind::ReadAnswered;
    if (counts && event.result == kDone) voters.insert(event.peer);
  }
  return voters.size();
}

// Each batch was begun before it was done, at the node that tells of it.
bool commits_are_whole(const starling::Trace& trace) {
  std::set<std::string> begun;
  return std::ranges::all_of(trace.events, [&](const TraceEvent& event) {
    if (event.kind == TraceEventKind::CommitBegun) begun.insert(event.node);
    return event.kind != TraceEventKind::CommitDone || begun.contains(event.node);
  });
}

}  // namespace

std::string contradiction_in(const starling::Trace& trace, const TracedAnswer& answer) {
  if (trace.empty()) return "nothing is told";
  if (!std::ranges::is_sorted(trace.events, {}, &TraceEvent::at)) return "time goes back";
  if (trace.events.front().kind != TraceEventKind::Begun) return "the begin is missing";
  if (!commits_are_whole(trace)) return "a disk is done with what it has not begun";
  const TraceEvent& last = trace.events.back();
  if (last.kind != TraceEventKind::Answered) return "the end is missing";
  if (last.result != status_code_name(answer.result)) {
    return "it ends with '" + last.result + "', and the answer is '" +
           std::string(status_code_name(answer.result)) + "'";
  }
  const bool succeeded = answer.result == StatusCode::Ok || answer.result == StatusCode::NotFound;
  if (!succeeded || trace.left_out > 0) return {};
  const std::size_t votes = votes_in(trace);
  if (votes >= answer.replies.received && votes >= answer.replies.required) return {};
  return "it shows " + std::to_string(votes) + " answers that count, and " +
         std::to_string(answer.replies.received) + " were counted of " +
         std::to_string(answer.replies.required) + " required";
}

bool shows(const starling::Trace& trace, TraceEventKind kind) {
  return std::ranges::find(trace.events, kind, &TraceEvent::kind) != trace.events.end();
}

}  // namespace starling::sim
