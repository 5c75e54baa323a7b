#pragma once

// AnswerSwitch: the Transport that the node is given. Clients come by two protocols and the node
// knows of neither: an answer goes back the way its request came. Peers speak the native one.

#include <span>
#include <utility>

#include "base/ids.h"
#include "env/transport.h"
#include "http/http_service.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"

namespace starling {

class AnswerSwitch final : public Transport {
 public:
  // Both outlive it.
  AnswerSwitch(Transport& native, HttpService& http) : native_(native), http_(http) {}

  void send(std::span<const NodeId> to, const PeerMessage& message) override {
    native_.send(to, message);
  }
  [[nodiscard]] bool crowded(NodeId peer) const override { return native_.crowded(peer); }
  void reply(const ClientHandle& client, ClientReply reply) override {
    if (HttpService::owns(client)) return http_.reply(client, std::move(reply));
    native_.reply(client, std::move(reply));
  }

 private:
  Transport& native_;
  HttpService& http_;
};

}  // namespace starling
