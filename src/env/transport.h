#pragma once

// Transport: the one way out of a node. What comes in, the host hands to Node (node/node.h).

#include <span>

#include "base/ids.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"

namespace starling {

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  Transport(Transport&&) = delete;
  Transport& operator=(Transport&&) = delete;
  virtual ~Transport() = default;

  // Sends `message` to each of `to`, encoding it once. Never blocks and never fails here: a peer
  // that is not connected, or whose queue is full (its connection is then closed), gets nothing,
  // and the node hears of it as on_peer_down. So does one for which the message is too large, which
  // senders of records prevent (fits_a_message). Messages of one class to one peer arrive in order
  // or not at all; acknowledgements and announcements may overtake requests and records, and these
  // scans and digests. REQUIRES: no element of `to` is the sending node.
  virtual void send(std::span<const NodeId> to, const PeerMessage& message) = 0;

  // So much waits to be sent to `peer` that new work for it should be refused: what is under way
  // still fits its queue, and one message more. A peer that is not connected is not crowded.
  [[nodiscard]] virtual bool crowded(NodeId peer) const = 0;

  // Answers a client. Ignored when that connection is gone.
  virtual void reply(const ClientHandle& client, ClientReply reply) = 0;
};

}  // namespace starling
