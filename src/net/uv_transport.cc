#include "net/uv_transport.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/ids.h"
#include "base/log.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "net/host_port.h"
#include "net/inbox.h"
#include "net/peer_dialler.h"
#include "net/uv_connection.h"
#include "net/uv_dial.h"
#include "net/uv_handle.h"
#include "wire/codec.h"
#include "wire/frame.h"

namespace starling {
namespace {

Status refused(std::string why) {
  return {StatusCode::Failure, std::move(why)};
}

// A greeting for whoever has not shown that it belongs to the cluster. What a peer proves itself
// with is left out: it could be said again, to pose as this node.
Hello for_strangers(Hello hello) {
  hello.incarnation = {};
  hello.config = {};
  return hello;
}

std::string quoted(const std::string& name) {
  return "'" + name + "'";
}

}  // namespace

UvTransport::UvTransport(TransportHost host, Inbox& inbox, TransportOptions options)
    : host_(host),
      inbox_(inbox),
      options_(std::move(options)),
      self_(node_id_of(options_.name)),
      connections_(host.loop, host.turn, host.clock, *this, options_.limits),
      listener_(host.loop, [this](UvTcp socket) { on_accepted(std::move(socket)); }) {
  for (const PeerAddress& member : options_.founders) add_founder(member);
}

void UvTransport::add_founder(const PeerAddress& member) {
  if (member.id == self_) return;
  Peer& peer = peers_[member.id];
  peer.member = member;
  if (member.id < self_) return;  // it dials
  const Result<HostPort> address = parse_host_port(member.address);
  if (!address.ok()) return note_trouble(peer, LogLevel::Error, address.status().message());
  const NodeId id = member.id;
  peer.dialler = std::make_unique<PeerDialler>(
      host_.loop, host_.clock, host_.random.fork("dial", id.value), *address,
      PeerDialler::Callbacks{
          .connected = [this, id](UvTcp socket) { on_dialled(id, std::move(socket)); },
          // Usual while a cluster starts: the others are not there yet.
          .failed =
              [this, id](const std::string& why) {
                note_trouble(peers_.at(id), LogLevel::Info, why);
              }});
}

Status UvTransport::listen(const HostPort& address) {
  return listener_.listen(address);
}

void UvTransport::start(Hello hello) {
  hello_ = std::move(hello);
  for (auto& [id, peer] : peers_) {
    if (peer.dialler == nullptr) {
      knock(peer.member);
    } else {
      peer.dialler->start();
    }
  }
}

// Says hello to a peer that dials this node, and nothing more: if it is there it dials at once, and
// if it is not it will when it comes.
void UvTransport::knock(const PeerAddress& member) {
  const Result<HostPort> address = parse_host_port(member.address);
  if (!address.ok()) return;
  std::unique_ptr<UvDial>& attempt = peers_.at(member.id).knock;
  attempt = std::make_unique<UvDial>(host_.loop, [this](Result<UvTcp> socket) {
    if (!socket.ok()) return;
    connections_.add(UvConnection::Side::Dialled, std::move(socket).value()).write(encode(hello_));
  });
  static_cast<void>(attempt->start(*address));
}

void UvTransport::stop_accepting() {
  listener_.close();
  for (auto& [id, peer] : peers_) {
    if (peer.dialler != nullptr) peer.dialler->stop();
    peer.knock.reset();
  }
}

void UvTransport::close() {
  stop_accepting();
  for (auto& [id, peer] : peers_) {
    peer.connection = nullptr;
    peer.up = false;
  }
  connections_.retire_all();
}

void UvTransport::send(std::span<const NodeId> to, const PeerMessage& message) {
  std::optional<std::string> frame;
  for (const NodeId id : to) {
    const auto peer = peers_.find(id);
    STARLING_CHECK(id != self_);
    if (peer == peers_.end() || !peer->second.up) continue;
    if (!frame.has_value()) frame = encode(message);
    // Nobody may wait for what is not sent: the loss of the connection tells both sides.
    if (frame->empty()) {
      peer->second.connection->give_up("a message for it is larger than a message may be (" +
                                       std::to_string(kRecordBodyBytesMax) + " bytes)");
    } else {
      peer->second.connection->write(*frame);
    }
  }
}

void UvTransport::reply(const ClientHandle& client, ClientReply reply) {
  UvConnection* const connection = connections_.find(client.connection);
  if (connection == nullptr || !connection->established()) return;
  connection->reply(client.request, encode(client.request, reply));
}

void UvTransport::on_accepted(UvTcp socket) {
  // Nobody gets a greeting that could tell why: whoever is beyond this bound costs no memory.
  if (connections_.size() >= options_.clients_max + kGreetingReserve) {
    return warn_once_in_a_while("turned away", "turned a connection away: clients_max (" +
                                                   std::to_string(options_.clients_max) +
                                                   ") is reached");
  }
  connections_.add(UvConnection::Side::Accepted, std::move(socket));
}

void UvTransport::on_dialled(NodeId id, UvTcp socket) {
  Peer& peer = peers_.at(id);
  UvConnection& connection = connections_.add(UvConnection::Side::Dialled, std::move(socket));
  connection.set_peer(id);
  peer.connection = &connection;
  connection.write(encode(hello_));
}

void UvTransport::on_hello(UvConnection& connection, const Hello& hello) {
  if (connection.side() == UvConnection::Side::Dialled) {
    return greet_dialled_peer(connection, hello);
  }
  if (hello.role == HelloRole::Peer) return greet_accepted_peer(connection, hello);
  greet_client(connection, hello);
}

void UvTransport::greet_client(UvConnection& connection, const Hello& hello) {
  const Status accepted = check_hello(hello_, hello);
  if (!accepted.ok()) return refuse(connection, "client", accepted.message());
  if (connections_.size() > options_.clients_max) {
    return refuse(connection, "too many clients",
                  "this node has as many connections as clients_max allows (" +
                      std::to_string(options_.clients_max) + "): try another");
  }
  connection.write(encode(for_strangers(hello_)));
  connection.establish();
}

void UvTransport::greet_accepted_peer(UvConnection& connection, const Hello& hello) {
  const auto found = peers_.find(node_id_of(hello.name));
  if (found != peers_.end() && found->second.dialler != nullptr) {
    answer_knock(found->second, hello);
    return connections_.retire(connection);
  }
  const Status accepted = check_accepted_peer(hello);
  if (!accepted.ok()) return refuse(connection, "peer", accepted.message());
  take_down(found->second);
  connection.write(encode(hello_));
  bring_up(found->second, connection, hello);
}

// Whether the two suit each other shows when the peer is dialled.
void UvTransport::answer_knock(Peer& peer, const Hello& hello) {
  if (!peer.up) return peer.dialler->hurry();
  if (hello.incarnation == peer.incarnation || !check_hello(hello_, hello).ok()) return;
  // It was started anew, and its machine did not live to end the old connection.
  take_down(peer);
  peer.dialler->retry();
}

void UvTransport::greet_dialled_peer(UvConnection& connection, const Hello& hello) {
  const std::optional<NodeId> id = connection.peer();
  // A knock that was answered, which says nothing that the peer's own attempt will not.
  if (!id.has_value()) return connections_.retire(connection);
  Peer& peer = peers_.at(*id);
  const Status accepted = check_dialled_peer(peer, hello);
  if (accepted.ok()) return bring_up(peer, connection, hello);
  note_trouble(peer, LogLevel::Warning, accepted.message());
  Hello refusal = for_strangers(hello_);
  refusal.refusal = accepted.message();
  connection.refuse(refusal);
}

Status UvTransport::check_accepted_peer(const Hello& hello) const {
  STARLING_RETURN_IF_ERROR(check_hello(hello_, hello));
  const NodeId id = node_id_of(hello.name);
  if (id == self_) {
    return refused("two nodes are named " + quoted(hello.name) + ": give each its own --name");
  }
  const auto peer = peers_.find(id);
  if (peer == peers_.end() || peer->second.member.name != hello.name) {
    return refused(quoted(hello.name) + " is not in --initial-cluster");
  }
  return Status::success();
}

Status UvTransport::check_dialled_peer(const Peer& peer, const Hello& hello) const {
  STARLING_RETURN_IF_ERROR(check_hello(hello_, hello));
  if (hello.role == HelloRole::Peer && hello.name == peer.member.name) return Status::success();
  return refused("at " + peer.member.address + " answers " + quoted(hello.name) + " instead of " +
                 quoted(peer.member.name) + ": correct --initial-cluster");
}

void UvTransport::bring_up(Peer& peer, UvConnection& connection, const Hello& hello) {
  connection.set_peer(peer.member.id);
  connection.establish();
  peer.connection = &connection;
  peer.incarnation = hello.incarnation;
  peer.up = true;
  peer.trouble.clear();
  if (peer.dialler != nullptr) peer.dialler->succeeded();
  host_.log.info("connected with " + quoted(peer.member.name));
  inbox_.on_peer_up(peer.member.id, hello);
}

// Retires the connection that counts, and reports the peer down if it was up.
void UvTransport::take_down(Peer& peer) {
  if (peer.connection != nullptr) connections_.retire(*std::exchange(peer.connection, nullptr));
  if (std::exchange(peer.up, false)) inbox_.on_peer_down(peer.member.id);
}

void UvTransport::refuse(UvConnection& connection, std::string_view kind, const std::string& why) {
  warn_once_in_a_while(kind, "refused a connection: " + why);
  Hello refusal = for_strangers(hello_);
  refusal.refusal = why;
  connection.refuse(refusal);
}

Status UvTransport::on_frame(UvConnection& connection, Frame frame) {
  const std::optional<NodeId> peer = connection.peer();
  auto* const message = std::get_if<PeerMessage>(&frame.message);
  if (message != nullptr && peer.has_value()) {
    inbox_.on_peer_message(*peer, std::move(*message));
    return Status::success();
  }
  auto* const request = std::get_if<ClientRequest>(&frame.message);
  if (request != nullptr && !peer.has_value()) {
    return take_client_request({connection.id(), frame.request}, std::move(*request));
  }
  return refused("it sent a message that its side does not send");
}

Status UvTransport::take_client_request(const ClientHandle& client, ClientRequest request) {
  if (connections_.bytes_in_flight() <= options_.client_bytes_in_flight_max) {
    inbox_.on_client_request(client, std::move(request));
    return Status::success();
  }
  reply(client, ErrorReply{.status = {StatusCode::Overloaded,
                                      "client_bytes_in_flight_max is reached at " +
                                          quoted(options_.name) + ": nothing was applied"},
                           .replies = {}});
  return Status::success();
}

void UvTransport::on_connection_closed(UvConnection& connection, const std::string& why) {
  const std::optional<NodeId> id = connection.peer();
  const auto peer = id.has_value() ? peers_.find(*id) : peers_.end();
  if (peer == peers_.end()) {
    // A client that ends its connection is no news; one that breaks the rules is.
    if (connection.established()) host_.log.debug("a client's connection ended: " + why);
    connections_.retire(connection);
    return;
  }
  if (peer->second.connection != &connection) return connections_.retire(connection);
  // Why it was refused has been said.
  if (!connection.refused()) note_trouble(peer->second, LogLevel::Warning, why);
  take_down(peer->second);
  if (peer->second.dialler != nullptr) peer->second.dialler->retry();
}

void UvTransport::note_trouble(Peer& peer, LogLevel level, const std::string& why) {
  if (peer.trouble == why) return;
  peer.trouble = why;
  host_.log.write(level, "no connection with " + quoted(peer.member.name) + " at " +
                             peer.member.address + ": " + why + "; trying again");
}

void UvTransport::warn_once_in_a_while(std::string_view kind, const std::string& line) {
  if (repeats_.should_say(kind, line, host_.clock.now())) host_.log.warning(line);
}

}  // namespace starling
