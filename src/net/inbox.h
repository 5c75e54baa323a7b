#pragma once

// Inbox: where the transport puts what comes in. The daemon passes it on to its node.

#include "base/ids.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"

namespace starling {

class Inbox {
 public:
  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  Inbox(Inbox&&) = delete;
  Inbox& operator=(Inbox&&) = delete;
  virtual ~Inbox() = default;

  // The handshake with `peer` is complete in both directions. From here on messages may come from
  // it and be sent to it, until exactly one on_peer_down.
  virtual void on_peer_up(NodeId peer, const Hello& hello) = 0;
  virtual void on_peer_down(NodeId peer) = 0;
  virtual void on_peer_message(NodeId from, PeerMessage message) = 0;
  virtual void on_client_request(const ClientHandle& client, ClientRequest request) = 0;
};

}  // namespace starling
