#pragma once

// Trace: what happened inside the cluster during one request, as a timeline: who was asked, who
// answered when and with what, how long the disk took. A request carries one when it was asked for
// (ReadOptions::trace, WriteOptions::trace); it costs a few microseconds, and bytes of the answer.
//
//   auto written = client.put("carts", "alice", "2 apples", {.trace = true});
//   const starling::Trace& trace = written.ok() ? written->trace : written.status().trace();
//
// It ends with the answer: what a late replica says afterwards is not in it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace starling {

// What happened, at `node`; `peer` is whom it concerns, this node itself included. The numbers are
// those of the wire: a client leaves out what a newer server says beyond them.
enum class TraceEventKind : std::uint8_t {
  Begun = 0,                // the request was there
  Unreachable = 1,          // `peer` holds a copy and could not be asked
  Forwarded = 2,            // the put went on to `peer`, which owns the key
  ForwardAnswered = 3,      // `peer` said how that ended
  RecordAsked = 4,          // `peer` was asked for the whole record
  DigestAsked = 5,          // `peer` was asked for a digest of what it holds
  ReadAnswered = 6,         // `peer` answered that
  DigestDiffered = 7,       // what `peer` holds is not what the record in hand shows
  Minted = 8,               // the write got its version here, or did not
  WriteAsked = 9,           // `peer` was sent the write
  WriteAnswered = 10,       // `peer` has it, or says why not
  CommitBegun = 11,         // the disk took up the batch with this write; until then it was queued
  CommitDone = 12,          // the batch is as durable as was asked for
  RepairAsked = 13,         // `peer` was behind, and was sent what it lacks
  RepairAnswered = 14,      // `peer` has that, or says why not
  HintAsked = 15,           // `peer` is to keep the write for `home`
  HintAnswered = 16,        // `peer` keeps it, or says why not
  HintNoted = 17,           // this node will bring `home` the write
  ConnectionLost = 18,      // to `peer`, which had not answered
  ConfigurationNewer = 19,  // the owners changed: what was heard so far counts no more
  Silent = 20,              // `peer` was asked and had not answered by the end
  Answered = 21,            // the request got its answer
};
inline constexpr TraceEventKind kTraceEventKindLast = TraceEventKind::Answered;

// "write_asked", ...: as JSON and logs have it.
[[nodiscard]] std::string_view trace_event_name(TraceEventKind kind);

struct TraceEvent {
  // Since the request reached the node that the client asked. What another node says of itself, to
  // which a put was forwarded, is set in the middle of its round trip: no two clocks agree.
  std::chrono::nanoseconds at{};
  TraceEventKind kind = TraceEventKind::Begun;
  std::string node;  // the member where it happened
  std::string peer;  // empty: it concerns no other
  std::string home;  // of a hint: whom it is kept for
  // How it went, where that is the question. Replicas say "done", "refused", "stale_row",
  // "not_counted", "corrupt", "too_large" or "disk_full"; else it is the name of a StatusCode.
  std::string result;
  friend bool operator==(const TraceEvent&, const TraceEvent&) = default;
};

// One trace has no more events than this.
inline constexpr std::size_t kTraceEventsMax = 64;

struct Trace {
  // In the order of time. None: nobody asked for it, the server is too old for it, or the request
  // was refused before anything began.
  std::vector<TraceEvent> events;
  std::uint32_t left_out = 0;  // events beyond the bound
  [[nodiscard]] bool empty() const { return events.empty(); }
  friend bool operator==(const Trace&, const Trace&) = default;
};

}  // namespace starling
