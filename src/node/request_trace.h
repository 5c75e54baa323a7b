#pragma once

// RequestTrace: what happened while this node served one request, event by event, until its answer.
// It decides nothing and nobody reads it to decide: people do, in the answer (starling/trace.h) or
// in the log of slow requests. Off it holds nothing and notes nothing.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "starling/status.h"
#include "starling/trace.h"

#include "base/ids.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "ring/ring.h"

namespace starling {

struct TraceNote {
  TraceEventKind kind = TraceEventKind::Begun;
  NodeId peer{};
  NodeId home{};
  ReplicaOutcome outcome = ReplicaOutcome::Done;  // of a replica's answer
  StatusCode status = StatusCode::Ok;             // of a mint, a forwarded put, the request
  bool awaited = true;                            // of a question: the request may wait for it
  NodeId where{};                                 // none: at this node
};

class RequestTrace {
 public:
  // Who gets it with the answer. A slow request is logged in either case.
  enum class Reader : std::uint8_t { Nobody, Client };

  RequestTrace() = default;  // off
  RequestTrace(Instant begun, Reader reader);

  // Whether a client gets it, once it is finished.
  [[nodiscard]] bool is_wanted() const { return reader_ == Reader::Client; }
  // Takes notes: from its begin until finish().
  [[nodiscard]] bool is_on() const { return state_ == State::On; }
  // For the client, and complete.
  [[nodiscard]] bool is_for_client() const {
    return state_ == State::Finished && reader_ == Reader::Client;
  }
  [[nodiscard]] Instant begun() const { return begun_; }

  // Off, each of them does nothing. Beyond kTraceEventsMax they are counted, not kept.
  void note(Instant now, const TraceNote& note);
  void note_asked(Instant now, const SendRead& read);
  void note_asked(Instant now, const SendWrite& write);
  void note_asked(Instant now, const ForwardPut& forwarded);
  // The replicas that could not be asked.
  void note_unreachable(Instant now, const ReplicaView& replicas);
  // The write got its version and is on its way to the disk with `ticket`, as if `self` were asked.
  void note_minted(Instant now, NodeId self, CommitTicket ticket);
  // What the own disk has done with it by now. Once.
  void note_commit(Instant now, const std::optional<CommitTiming>& timing);
  // The same of another replica, which says how long before its answer that was.
  void note_peer_commit(Instant now, NodeId peer, const CommitTimes& times);
  // It is not known yet what the own disk did with the write.
  [[nodiscard]] bool has_open_commit() const {
    return is_on() && ticket_ != CommitTicket{} && !commit_noted_;
  }
  // The owners changed. Only if the request asks again: a read that has heard enough just ends.
  void note_newer(Instant now, const Actions& actions);
  // If `peer` was asked and has not answered.
  void note_lost(Instant now, NodeId peer);
  [[nodiscard]] CommitTicket ticket() const { return ticket_; }

  // The answer goes out: who is silent is noted, then how the request ended. REQUIRES: is_on().
  void finish(Instant now, StatusCode result);

  // In the order of time, members by name. `self`: where it all happened.
  [[nodiscard]] Trace told(const Ring& ring, NodeId self) const;

 private:
  enum class State : std::uint8_t { Off, On, Finished };
  struct Event {
    Duration at;
    TraceNote note;
  };

  void note_all(Instant now, TraceEventKind kind, std::span<const NodeId> peers);
  void add(Duration at, const TraceNote& note, std::size_t events_max);
  // Asked, and not answered so far.
  [[nodiscard]] std::vector<NodeId> silent() const;

  std::vector<Event> events_;  // at most kTraceEventsMax
  Instant begun_{};
  Duration minted_at_{};
  CommitTicket ticket_;  // of the own copy; 0: none yet
  std::uint32_t left_out_ = 0;
  bool commit_noted_ = false;
  State state_ = State::Off;
  Reader reader_ = Reader::Nobody;
};

// Puts the events of the node that a put was forwarded to into the forwarder's. How long a message
// travels nobody knows: both ways are taken to be equal. Beyond the bound the inner ones give way.
[[nodiscard]] Trace with_inner(Trace outer, Trace inner);

}  // namespace starling
