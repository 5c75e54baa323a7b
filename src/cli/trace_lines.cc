#include "cli/trace_lines.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "starling/trace.h"

#include "cli/table.h"

namespace starling::cli {
namespace {

using Events = std::vector<TraceEvent>;
using std::chrono::nanoseconds;

constexpr std::size_t kColumns = 80;
constexpr std::size_t kBarColumns = 14;
constexpr std::size_t kNodeColumnsMax = 12;
constexpr std::size_t kTimeColumns = 9;
// Questions that follow each other as fast were asked at once.
constexpr nanoseconds kAtOnce = std::chrono::microseconds(100);

std::string in_milliseconds(nanoseconds duration) {
  return fmt::format("{:.3f}", std::chrono::duration<double, std::milli>(duration).count());
}

// What an event ends that began before: the question that it answers, or the wait that is over.
bool is_begin_of(const TraceEvent& begin, const TraceEvent& end) {
  if (begin.node != end.node) return false;
  if (end.kind == TraceEventKind::CommitBegun) return begin.kind == TraceEventKind::Minted;
  if (end.kind == TraceEventKind::CommitDone) return begin.kind == TraceEventKind::CommitBegun;
  if (begin.peer != end.peer) return false;
  switch (end.kind) {
    case TraceEventKind::ForwardAnswered:
      return begin.kind == TraceEventKind::Forwarded;
    case TraceEventKind::ReadAnswered:
      return begin.kind == TraceEventKind::RecordAsked || begin.kind == TraceEventKind::DigestAsked;
    case TraceEventKind::WriteAnswered:
      return begin.kind == TraceEventKind::WriteAsked;
    case TraceEventKind::RepairAnswered:
      return begin.kind == TraceEventKind::RepairAsked;
    case TraceEventKind::HintAnswered:
      return begin.kind == TraceEventKind::HintAsked;
    default:
      return false;
  }
}

std::optional<nanoseconds> taken_until(const Events& events, std::size_t end) {
  for (std::size_t i = end; i-- > 0;) {
    if (is_begin_of(events[i], events[end])) return events[end].at - events[i].at;
  }
  return std::nullopt;
}

std::string answer_words(const Events& events, std::size_t index, std::string_view what) {
  const TraceEvent& event = events[index];
  const auto taken = taken_until(events, index);
  return fmt::format("{} {}: {}{}", printable(event.peer), what, printable(event.result),
                     taken.has_value() ? ", after " + in_milliseconds(*taken) : "");
}

std::string disk_words(const Events& events, std::size_t index, std::string_view what,
                       std::string_view waited_where) {
  const auto taken = taken_until(events, index);
  if (!taken.has_value()) return std::string(what);
  return fmt::format("{}, after {} {}", what, in_milliseconds(*taken), waited_where);
}

// `peers`: of this event and those that stand in one line with it.
std::string words_of(const Events& events, std::size_t index, const std::string& peers) {
  const TraceEvent& event = events[index];
  switch (event.kind) {
    case TraceEventKind::Begun:
      return index == 0 ? "the request is there" : "the forwarded put is there";
    case TraceEventKind::Unreachable:
      return "can not reach " + peers;
    case TraceEventKind::Forwarded:
      return "forwarded to " + peers;
    case TraceEventKind::RecordAsked:
      return "asked " + peers + " for the record";
    case TraceEventKind::DigestAsked:
      return "asked " + peers + " for a digest";
    case TraceEventKind::DigestDiffered:
      return "differs: " + peers;
    case TraceEventKind::Minted:
      return event.result == "ok" ? "minted" : "not minted: " + printable(event.result);
    case TraceEventKind::WriteAsked:
      return "asked " + peers + " to write";
    case TraceEventKind::ForwardAnswered:
    case TraceEventKind::ReadAnswered:
    case TraceEventKind::WriteAnswered:
      return answer_words(events, index, "answered");
    case TraceEventKind::CommitBegun:
      return disk_words(events, index, "disk begun", "in its queue");
    case TraceEventKind::CommitDone:
      return disk_words(events, index, "disk done", "for the batch");
    case TraceEventKind::RepairAsked:
      return "sent " + peers + " what was missing";
    case TraceEventKind::RepairAnswered:
      return answer_words(events, index, "repaired");
    case TraceEventKind::HintAsked:
      return "asked " + peers + " to keep it for " + printable(event.home);
    case TraceEventKind::HintAnswered:
      return answer_words(events, index, "keeps it");
    case TraceEventKind::HintNoted:
      return "will bring it to " + printable(event.home);
    case TraceEventKind::ConnectionLost:
      return "lost the connection to " + peers;
    case TraceEventKind::ConfigurationNewer:
      return "newer owners: begins again";
    case TraceEventKind::Silent:
      return "no answer yet from " + peers;
    case TraceEventKind::Answered:
      return "answered: " + printable(event.result);
  }
  return std::string(trace_event_name(event.kind));
}

// Whether events[index] stands in the line of the one before it.
bool joins(const Events& events, std::size_t index) {
  const TraceEvent& event = events[index];
  const TraceEvent& before = events[index - 1];
  return event.kind == before.kind && event.node == before.node && event.result.empty() &&
         event.home == before.home && !event.peer.empty() && event.at - before.at < kAtOnce;
}

std::string bar_of(nanoseconds at, nanoseconds total) {
  std::string bar(kBarColumns, ' ');
  const auto place = total.count() == 0 ? 0 : at.count() * (kBarColumns - 1) / total.count();
  bar[std::min<std::size_t>(static_cast<std::size_t>(place), kBarColumns - 1)] = '*';
  return bar;
}

// Broken at spaces, so that each line fits behind `indent` columns.
std::string folded(const std::string& text, std::size_t indent) {
  const std::size_t width = kColumns - indent;
  std::string lines;
  std::string_view rest = text;
  while (rest.size() > width) {
    std::size_t end = rest.rfind(' ', width);
    if (end == std::string_view::npos || end == 0) end = std::min(rest.find(' '), rest.size());
    lines.append(rest.substr(0, end)).append("\n").append(indent, ' ');
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines.append(rest);
}

std::size_t node_columns(const Events& events) {
  std::size_t columns = 0;
  for (const TraceEvent& event : events) columns = std::max(columns, printable(event.node).size());
  return std::min(columns, kNodeColumnsMax);
}

}  // namespace

std::string trace_lines(const Trace& trace) {
  if (trace.empty()) {
    return "starling: no timeline: nothing was begun, or the node is too old to tell\n";
  }
  const Events& events = trace.events;
  const nanoseconds total = events.back().at;
  const std::size_t nodes = node_columns(events);
  const std::size_t indent = kTimeColumns + 2 + nodes + 2 + kBarColumns + 3;
  std::string lines = fmt::format("timeline of {} ms, asked of {}\n", in_milliseconds(total),
                                  printable(events.front().node));
  for (std::size_t i = 0; i < events.size(); ++i) {
    std::string peers = printable(events[i].peer);
    const std::size_t first = i;
    while (i + 1 < events.size() && joins(events, i + 1))
      peers += ", " + printable(events[++i].peer);
    lines += fmt::format("{:>{}}  {:<{}}  |{}| {}\n", in_milliseconds(events[first].at),
                         kTimeColumns, printable(events[first].node).substr(0, nodes), nodes,
                         bar_of(events[first].at, total),
                         folded(words_of(events, first, peers), indent));
  }
  if (trace.left_out > 0) lines += fmt::format("and {} more events\n", trace.left_out);
  return lines;
}

}  // namespace starling::cli
