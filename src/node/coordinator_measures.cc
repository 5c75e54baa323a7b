// The third part of Coordinator: what is measured of a request, what is written down of it for
// people, and whom it makes doubtful. Nothing here decides anything.

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "starling/status.h"
#include "starling/trace.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "message/peer_messages.h"
#include "node/coordinator.h"
#include "node/operation.h"
#include "node/request_metrics.h"
#include "node/request_trace.h"
#include "quorum/forward_operation.h"
#include "quorum/get_operation.h"
#include "quorum/put_operation.h"
#include "version/sibling_set.h"

namespace starling {
namespace {

RequestKind kind_of(const Operation& operation) {
  if (std::holds_alternative<FirstReadOfDelete>(operation.origin)) return RequestKind::Delete;
  if (!operation.put.has_value()) return RequestKind::Get;
  return operation.put->kind == SiblingKind::Tombstone ? RequestKind::Delete : RequestKind::Put;
}

}  // namespace

void Coordinator::count_answer(Operation& operation, StatusCode result, Instant now) {
  end_trace(operation, result, now);
  const std::optional<Instant> started = started_of(operation.origin);
  if (!started.has_value()) return;
  neighbours_.metrics.requests.record(
      {.kind = kind_of(operation), .level = operation.level.name(), .result = result},
      now - *started);
  if (kind_of(operation) != RequestKind::Put) return;
  neighbours_.metrics.put_bytes.record(std::uint64_t{operation.value_bytes});
}

// A reply to a second question, where the first answers differed, counts from the first one on.
void Coordinator::count_read_reply(NodeId from, OperationId id, Instant now) {
  const Operation* const operation = table_.find(id);
  if (operation == nullptr || from == neighbours_.cluster.self()) return;
  neighbours_.metrics.peer_reads[from].record(now - operation->begun);
}

void Coordinator::start_trace(Origin& origin, bool wanted, Instant now) const {
  const bool from_outside =
      started_of(origin).has_value() || std::holds_alternative<FromPeer>(origin);
  RequestTrace& trace = trace_of(origin);
  if (!from_outside || trace.is_on() || !(wanted || slow_.is_on())) return;
  trace = RequestTrace(now, wanted ? RequestTrace::Reader::Client : RequestTrace::Reader::Nobody);
}

void Coordinator::hear(Operation& operation, const TraceNote& heard, Instant now) const {
  RequestTrace& trace = operation.trace();
  if (!trace.is_on()) return;
  const bool of_write = heard.kind == TraceEventKind::WriteAnswered;
  if (of_write && heard.peer == neighbours_.cluster.self() && trace.has_open_commit()) {
    trace.note_commit(now, neighbours_.mint.timing_of(trace.ticket()));
  }
  if (of_write && options_.planted == PlantedBug::ForgetTracedAnswer) return;
  trace.note(now, heard);
}

void Coordinator::hear_disk(NodeId from, const ReplicaWriteReply& reply, Instant now) {
  Operation* const operation = table_.find(reply.operation);
  if (operation == nullptr || !reply.times.has_value()) return;
  operation->trace().note_peer_commit(now, from, *reply.times);
}

// A forwarded put that was slow is told of at both nodes: each knows its own part.
void Coordinator::end_trace(Operation& operation, StatusCode result, Instant now) {
  RequestTrace& trace = operation.trace();
  if (!trace.is_on()) return;
  const Duration took = now - trace.begun();
  const bool read = trace.is_wanted() || slow_.is_slow(took);
  if (read && trace.has_open_commit()) {
    trace.note_commit(now, neighbours_.mint.timing_of(trace.ticket()));
  }
  // As AnswerDesk says it to whoever asked: damage never leaves the cluster.
  trace.finish(now, result == StatusCode::Corruption ? StatusCode::Unavailable : result);
  if (!slow_.is_slow(took)) return;
  ++neighbours_.metrics.slow_requests;
  if (!slow_.takes_line(now)) return;
  neighbours_.log.write(LogLevel::Trace, "mark: slow: a request was logged");
  slow_.tell({.kind = request_kind_name(kind_of(operation)),
              .address = operation.address,
              .level = operation.level,
              .result = result,
              .took = took},
             trace.told(neighbours_.cluster.ring(), neighbours_.cluster.self()));
}

// Who let this request wait is asked last by the next one.
void Coordinator::doubt_silent_peers(const Operation& operation, Instant now) {
  std::vector<NodeId> silent;
  if (const auto* const get = std::get_if<GetOperation>(&operation.machine)) {
    silent = get->silent();
  } else if (const auto* const put = std::get_if<PutOperation>(&operation.machine)) {
    silent = put->silent();
  } else if (const auto* const forwarded = std::get_if<ForwardOperation>(&operation.machine)) {
    if (const auto awaited = forwarded->awaited()) silent.push_back(*awaited);
  }
  for (const NodeId node : silent) {
    if (node != neighbours_.cluster.self()) neighbours_.detector.on_silent(node, now);
  }
}

}  // namespace starling
