#pragma once

// Outbox: sends to members, this node itself included: its own replica is asked with the same
// messages as everybody's, through a local queue that Node empties after each event. Nothing is
// called back from inside a send, so no machine is entered twice.

#include <deque>
#include <optional>
#include <span>

#include "base/ids.h"
#include "env/transport.h"
#include "message/peer_messages.h"

namespace starling {

class Outbox {
 public:
  Outbox(NodeId self, Transport& transport) : self_(self), transport_(transport) {}

  void send(std::span<const NodeId> to, PeerMessage message);
  void send(NodeId to, PeerMessage message) {
    send(std::span<const NodeId>(&to, 1), std::move(message));
  }

  // Whether no new work should be sent to `to`; this node itself is never crowded.
  [[nodiscard]] bool crowded(NodeId to) const { return to != self_ && transport_.crowded(to); }

  // The oldest message of this node to itself. Bounded by what one event sends: one an operation.
  [[nodiscard]] std::optional<PeerMessage> take_local();
  [[nodiscard]] NodeId self() const { return self_; }

 private:
  NodeId self_;
  Transport& transport_;
  std::deque<PeerMessage> local_;
};

}  // namespace starling
