#include "node/request_trace.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "starling/status.h"
#include "starling/trace.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "ring/member.h"
#include "ring/ring.h"

namespace starling {
namespace {

constexpr std::size_t kUsualReplicas = 4;
// What three replicas and a forwarding make, about: one allocation.
constexpr std::size_t kUsualEvents = 16;
// The last places are for who is silent, and for the end.
constexpr std::size_t kNotesMax = kTraceEventsMax - 8;

std::string_view outcome_name(ReplicaOutcome outcome) {
  switch (outcome) {
    case ReplicaOutcome::Done:
      return "done";
    case ReplicaOutcome::Refused:
      return "refused";
    case ReplicaOutcome::StaleRow:
      return "stale_row";
    case ReplicaOutcome::NotCounted:
      return "not_counted";
    case ReplicaOutcome::Corrupt:
      return "corrupt";
    case ReplicaOutcome::TooLarge:
      return "too_large";
    case ReplicaOutcome::DiskFull:
      return "disk_full";
  }
  return "unknown";
}

// A question and its answer are about the same thing.
enum class Matter : std::uint8_t { None, Read, Write, Repair, Hint, Forwarding };

Matter asked_about(const TraceNote& note) {
  switch (note.kind) {
    case TraceEventKind::RecordAsked:
    case TraceEventKind::DigestAsked:
      return Matter::Read;
    case TraceEventKind::WriteAsked:
      return Matter::Write;
    case TraceEventKind::RepairAsked:
      return Matter::Repair;
    case TraceEventKind::HintAsked:
      return note.awaited ? Matter::Hint : Matter::None;
    case TraceEventKind::Forwarded:
      return Matter::Forwarding;
    default:
      return Matter::None;
  }
}

Matter answered_about(const TraceNote& note) {
  switch (note.kind) {
    case TraceEventKind::ReadAnswered:
      return Matter::Read;
    case TraceEventKind::WriteAnswered:
      return Matter::Write;
    case TraceEventKind::RepairAnswered:
      return Matter::Repair;
    case TraceEventKind::HintAnswered:
      return Matter::Hint;
    case TraceEventKind::ForwardAnswered:
      return Matter::Forwarding;
    default:
      return Matter::None;
  }
}

std::string result_of(const TraceNote& note) {
  const bool is_end = note.kind == TraceEventKind::Minted ||
                      note.kind == TraceEventKind::Answered ||
                      note.kind == TraceEventKind::ForwardAnswered;
  if (is_end) return std::string(status_code_name(note.status));
  return answered_about(note) == Matter::None ? std::string()
                                              : std::string(outcome_name(note.outcome));
}

std::string name_of(const Ring& ring, NodeId node) {
  if (node == NodeId{}) return {};
  const RingMember* const member = ring.member(node);
  return member == nullptr ? to_text(node.value) : member->name;
}

// The place of the last event of that kind; the end: there is none.
std::vector<TraceEvent>::const_iterator last_of(const Trace& trace, TraceEventKind kind) {
  const auto found =
      std::ranges::find(trace.events.rbegin(), trace.events.rend(), kind, &TraceEvent::kind);
  return found == trace.events.rend() ? trace.events.end() : std::prev(found.base());
}

void sort_by_time(Trace& trace) {
  std::ranges::stable_sort(trace.events, {}, &TraceEvent::at);
}

}  // namespace

RequestTrace::RequestTrace(Instant begun, Reader reader)
    : begun_(begun), state_(State::On), reader_(reader) {
  events_.reserve(kUsualEvents);
  note(begun, {.kind = TraceEventKind::Begun});
}

void RequestTrace::add(Duration at, const TraceNote& note, std::size_t events_max) {
  if (events_.size() >= events_max) {
    ++left_out_;
    return;
  }
  events_.push_back({.at = at, .note = note});
}

void RequestTrace::note(Instant now, const TraceNote& note) {
  if (is_on()) add(now - begun_, note, kNotesMax);
}

void RequestTrace::note_all(Instant now, TraceEventKind kind, std::span<const NodeId> peers) {
  for (const NodeId peer : peers) note(now, {.kind = kind, .peer = peer});
}

void RequestTrace::note_asked(Instant now, const SendRead& read) {
  if (read.cause == ReadCause::Differs) note_all(now, TraceEventKind::DigestDiffered, read.to);
  note_all(
      now,
      read.want == ReadWant::Record ? TraceEventKind::RecordAsked : TraceEventKind::DigestAsked,
      read.to);
}

void RequestTrace::note_asked(Instant now, const SendWrite& write) {
  const bool repairs = write.kind == WriteKind::Repair;
  note_all(now, repairs ? TraceEventKind::RepairAsked : TraceEventKind::WriteAsked, write.to);
}

void RequestTrace::note_asked(Instant now, const ForwardPut& forwarded) {
  note(now, {.kind = TraceEventKind::Forwarded, .peer = forwarded.to});
}

void RequestTrace::note_unreachable(Instant now, const ReplicaView& replicas) {
  for (const ReplicaView::Node& node : replicas.nodes) {
    if (!node.reachable) note(now, {.kind = TraceEventKind::Unreachable, .peer = node.node});
  }
}

void RequestTrace::note_minted(Instant now, NodeId self, CommitTicket ticket) {
  if (!is_on()) return;
  ticket_ = ticket;
  minted_at_ = now - begun_;
  note(now, {.kind = TraceEventKind::Minted});
  note(now, {.kind = TraceEventKind::WriteAsked, .peer = self});
}

// Measured backwards, since the disk's thread has a clock of its own; and never before the mint.
void RequestTrace::note_commit(Instant now, const std::optional<CommitTiming>& timing) {
  if (!has_open_commit() || !timing.has_value()) return;
  commit_noted_ = true;
  const Duration at = now - begun_;
  add(std::max(at - timing->begun_ago, minted_at_), {.kind = TraceEventKind::CommitBegun},
      kNotesMax);
  if (!timing->done_ago.has_value()) return;
  add(std::max(at - *timing->done_ago, minted_at_), {.kind = TraceEventKind::CommitDone},
      kNotesMax);
}

// As if the answer had taken no time on its way. Never before the request: the peer may say
// anything.
void RequestTrace::note_peer_commit(Instant now, NodeId peer, const CommitTimes& times) {
  if (!is_on()) return;
  const Duration at = now - begun_;
  const Duration begun = std::max(at - times.begun_ago, Duration::zero());
  const Duration done = std::clamp(at - times.done_ago, begun, at);
  add(begun, {.kind = TraceEventKind::CommitBegun, .where = peer}, kNotesMax);
  add(done, {.kind = TraceEventKind::CommitDone, .where = peer}, kNotesMax);
}

void RequestTrace::note_newer(Instant now, const Actions& actions) {
  const bool asks = std::ranges::any_of(actions, [](const Action& action) {
    return std::holds_alternative<SendRead>(action) || std::holds_alternative<SendWrite>(action);
  });
  if (asks) note(now, {.kind = TraceEventKind::ConfigurationNewer});
}

void RequestTrace::note_lost(Instant now, NodeId peer) {
  if (!is_on()) return;
  const std::vector<NodeId> waiting = silent();
  if (std::ranges::find(waiting, peer) == waiting.end()) return;
  note(now, {.kind = TraceEventKind::ConnectionLost, .peer = peer});
}

std::vector<NodeId> RequestTrace::silent() const {
  std::vector<std::pair<Matter, NodeId>> waiting;
  waiting.reserve(kUsualReplicas);
  for (const Event& event : events_) {
    const TraceNote& note = event.note;
    if (note.kind == TraceEventKind::ConfigurationNewer) waiting.clear();
    if (note.kind == TraceEventKind::ConnectionLost) {
      std::erase_if(waiting, [&](const auto& one) { return one.second == note.peer; });
    }
    if (const Matter asked = asked_about(note); asked != Matter::None) {
      waiting.emplace_back(asked, note.peer);
    }
    const auto answered = std::ranges::find(waiting, std::pair(answered_about(note), note.peer));
    if (answered != waiting.end()) waiting.erase(answered);
  }
  std::vector<NodeId> nodes;
  for (const auto& [matter, node] : waiting) {
    if (std::ranges::find(nodes, node) == nodes.end()) nodes.push_back(node);
  }
  return nodes;
}

void RequestTrace::finish(Instant now, StatusCode result) {
  STARLING_CHECK(is_on());
  const Duration at = now - begun_;
  for (const NodeId node : silent()) {
    add(at, {.kind = TraceEventKind::Silent, .peer = node}, kTraceEventsMax - 1);
  }
  add(at, {.kind = TraceEventKind::Answered, .status = result}, kTraceEventsMax);
  state_ = State::Finished;
}

Trace RequestTrace::told(const Ring& ring, NodeId self) const {
  Trace trace{.events = {}, .left_out = left_out_};
  trace.events.reserve(events_.size());
  const std::string own_name = name_of(ring, self);
  for (const Event& event : events_) {
    trace.events.push_back(
        {.at = event.at,
         .kind = event.note.kind,
         .node = event.note.where == NodeId{} ? own_name : name_of(ring, event.note.where),
         .peer = name_of(ring, event.note.peer),
         .home = name_of(ring, event.note.home),
         .result = result_of(event.note)});
  }
  sort_by_time(trace);
  return trace;
}

Trace with_inner(Trace outer, Trace inner) {
  const auto sent = last_of(outer, TraceEventKind::Forwarded);
  const auto back = last_of(outer, TraceEventKind::ForwardAnswered);
  if (inner.empty() || sent == outer.events.end() || back == outer.events.end()) return outer;
  const Duration round_trip = back->at - sent->at;
  const Duration travelled = std::max(round_trip - inner.events.back().at, Duration::zero());
  const Duration shift = sent->at + travelled / 2;
  const std::size_t room = kTraceEventsMax - std::min(kTraceEventsMax, outer.events.size());
  const std::size_t kept = std::min(room, inner.events.size());
  outer.left_out += inner.left_out + static_cast<std::uint32_t>(inner.events.size() - kept);
  // Clocks run at different speeds, but nothing happened behind the answer that tells of it.
  const Duration latest = back->at;
  const auto place = back - outer.events.begin();
  inner.events.resize(kept);
  for (TraceEvent& event : inner.events) event.at = std::min(event.at + shift, latest);
  outer.events.insert(outer.events.begin() + place, std::make_move_iterator(inner.events.begin()),
                      std::make_move_iterator(inner.events.end()));
  sort_by_time(outer);
  return outer;
}

}  // namespace starling
