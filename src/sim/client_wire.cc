#include "sim/client_wire.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "starling/result.h"

#include "base/assert.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "wire/codec.h"
#include "wire/frame.h"

namespace starling::sim {
namespace {

// What our own encoder made must be readable: anything else is a bug of the codec.
Frame decode_frame(const std::string& bytes) {
  const Result<FrameHeader> header = parse_frame_header(bytes);
  STARLING_CHECK(header.ok());
  Result<Frame> frame = decode(*header, std::string_view(bytes).substr(kFrameHeaderBytes));
  STARLING_CHECK(frame.ok());
  return std::move(frame).value();
}

}  // namespace

Duration ClientWire::latency() {
  return random_.between(Duration(std::chrono::microseconds(50)), std::chrono::milliseconds(2));
}

std::uint64_t ClientWire::connect(std::uint32_t node, Client& client) {
  connections_.emplace(++opened_, Connection{node, &client, false});
  return opened_;
}

void ClientWire::send(std::uint64_t connection, std::uint64_t request,
                      const ClientRequest& message) {
  std::string bytes = encode(request, message);
  events_.after(latency(), [this, connection, bytes = std::move(bytes)] {
    const auto found = connections_.find(connection);
    if (found == connections_.end() || found->second.node_gone) return;
    Frame frame = decode_frame(bytes);
    node_.on_client_request(found->second.node, {connection, frame.request},
                            std::get<ClientRequest>(std::move(frame.message)));
  });
}

void ClientWire::forget(const Client& client) {
  std::erase_if(connections_, [&](const auto& open) { return open.second.client == &client; });
}

void ClientWire::reply(const ClientHandle& client, const ClientReply& reply) {
  if (!connections_.contains(client.connection)) return;
  std::string bytes = encode(client.request, reply);
  events_.after(latency(), [this, connection = client.connection, bytes = std::move(bytes)] {
    const auto found = connections_.find(connection);
    if (found == connections_.end()) return;
    const Frame frame = decode_frame(bytes);
    found->second.client->on_reply(frame.request, std::get<ClientReply>(frame.message));
  });
}

void ClientWire::node_stopped(std::uint32_t node) {
  for (auto& [number, connection] : connections_) {
    if (connection.node != node || connection.node_gone) continue;
    connection.node_gone = true;
    events_.after(latency(), [this, gone = number] {
      const auto found = connections_.find(gone);
      if (found == connections_.end()) return;
      Client& client = *found->second.client;
      connections_.erase(found);
      client.on_hung_up(gone);
    });
  }
}

}  // namespace starling::sim
