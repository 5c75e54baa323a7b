#include "node/outbox.h"

#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "env/transport.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"

namespace starling {
namespace {

const NodeId kSelf = node_id_of("self");
const NodeId kPeer = node_id_of("peer");

class RecordingTransport final : public Transport {
 public:
  void send(std::span<const NodeId> to, const PeerMessage& /*message*/) override {
    sent.emplace_back(to.begin(), to.end());
  }
  [[nodiscard]] bool crowded(NodeId /*peer*/) const override { return false; }
  void reply(const ClientHandle& /*client*/, ClientReply /*reply*/) override {}

  std::vector<std::vector<NodeId>> sent;
};

TEST_CASE("Outbox: what is meant for this node itself never reaches the transport") {
  RecordingTransport transport;
  Outbox outbox(kSelf, transport);
  outbox.send(kSelf, BootReply{});
  CHECK(transport.sent.empty());
  CHECK(outbox.take_local().has_value());
  CHECK_FALSE(outbox.take_local().has_value());
}

TEST_CASE("Outbox: peers are sent to in one call, this node gets its own copy") {
  RecordingTransport transport;
  Outbox outbox(kSelf, transport);
  const std::vector<NodeId> everybody{kPeer, kSelf, node_id_of("third")};
  outbox.send(everybody, BootReply{});
  CHECK(transport.sent == std::vector<std::vector<NodeId>>{{kPeer, node_id_of("third")}});
  CHECK(std::holds_alternative<BootReply>(*outbox.take_local()));
}

TEST_CASE("Outbox: local messages come back in the order in which they were sent") {
  RecordingTransport transport;
  Outbox outbox(kSelf, transport);
  outbox.send(kSelf, BootReply{});
  outbox.send(kSelf, BootAnnouncement{});
  CHECK(std::holds_alternative<BootReply>(*outbox.take_local()));
  CHECK(std::holds_alternative<BootAnnouncement>(*outbox.take_local()));
}

TEST_CASE("Outbox: nobody to send to is nothing sent") {
  RecordingTransport transport;
  Outbox outbox(kSelf, transport);
  outbox.send(std::span<const NodeId>(), BootReply{});
  CHECK(transport.sent.empty());
}

}  // namespace
}  // namespace starling
