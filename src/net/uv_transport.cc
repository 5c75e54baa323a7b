#include "net/uv_transport.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
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
#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "net/host_port.h"
#include "net/inbox.h"
#include "net/output_queue.h"
#include "net/peer_dialler.h"
#include "net/transport_report.h"
#include "net/uv_connection.h"
#include "net/uv_dial.h"
#include "net/uv_handle.h"
#include "wire/codec.h"
#include "wire/frame.h"

namespace starling {
namespace {

bool is_refusal(const ClientReply& reply) {
  const auto* const error = std::get_if<ErrorReply>(&reply);
  return error != nullptr && error->status.code() == StatusCode::Overloaded;
}

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

// An idle client that comes back is not worth the time of those that are here.
constexpr std::size_t kRetiredAtOnce = 64;
// Within it a client that reads has read a few values of the greatest size.
constexpr std::chrono::milliseconds kAnswersRetry{100};

// What others wait for in order to answer goes first; what they asked for in bulk, last. No message
// of one class waits for one of a lower class, and within a class the order stays.
OutputClass output_class_of(const PeerMessage& message) {
  struct Classes {
    OutputClass operator()(const ReplicaWriteReply&) const { return OutputClass::Urgent; }
    OutputClass operator()(const ForwardedPutReply&) const { return OutputClass::Urgent; }
    OutputClass operator()(const BootAnnouncement&) const { return OutputClass::Urgent; }
    OutputClass operator()(const BootReply&) const { return OutputClass::Urgent; }
    OutputClass operator()(const StoreNotice&) const { return OutputClass::Urgent; }
    OutputClass operator()(const Heartbeat&) const { return OutputClass::Urgent; }
    OutputClass operator()(const HintWriteReply&) const { return OutputClass::Urgent; }
    OutputClass operator()(const HintHandoffReply&) const { return OutputClass::Urgent; }
    OutputClass operator()(const WorkCensus&) const { return OutputClass::Urgent; }
    OutputClass operator()(const WorkCensusReply&) const { return OutputClass::Urgent; }
    OutputClass operator()(const OrderedRepair&) const { return OutputClass::Urgent; }
    OutputClass operator()(const OrderedRepairReply&) const { return OutputClass::Urgent; }
    OutputClass operator()(const ChainLetter&) const { return OutputClass::Urgent; }
    OutputClass operator()(const SwimMessage&) const { return OutputClass::Urgent; }
    OutputClass operator()(const HintWrite&) const { return OutputClass::Data; }
    OutputClass operator()(const ReplicaWrite&) const { return OutputClass::Data; }
    OutputClass operator()(const ReplicaRead&) const { return OutputClass::Data; }
    OutputClass operator()(const ReplicaReadReply&) const { return OutputClass::Data; }
    OutputClass operator()(const ForwardedPut&) const { return OutputClass::Data; }
    OutputClass operator()(const HintHandoff&) const { return OutputClass::Bulk; }
    OutputClass operator()(const TreeRead&) const { return OutputClass::Bulk; }
    OutputClass operator()(const TreeReadReply&) const { return OutputClass::Bulk; }
    OutputClass operator()(const KeyListRead&) const { return OutputClass::Bulk; }
    OutputClass operator()(const KeyListReply&) const { return OutputClass::Bulk; }
    OutputClass operator()(const RecordsRead&) const { return OutputClass::Bulk; }
    OutputClass operator()(const RecordsReply&) const { return OutputClass::Bulk; }
    OutputClass operator()(const FillRead&) const { return OutputClass::Bulk; }
    OutputClass operator()(const FillPage&) const { return OutputClass::Bulk; }
    OutputClass operator()(const ScanRange&) const { return OutputClass::Bulk; }
    OutputClass operator()(const ScanRangeReply&) const { return OutputClass::Bulk; }
    OutputClass operator()(const DigestRange&) const { return OutputClass::Bulk; }
    OutputClass operator()(const DigestRangeReply&) const { return OutputClass::Bulk; }
  };
  return std::visit(Classes{}, message);
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
      connections_(host.loop, host.turn, host.clock, *this, options_.limits,
                   {.request_bytes_max = options_.request_bytes_max,
                    .answer_bytes_max = options_.answer_bytes_max}),
      heart_(host.loop, host.clock, [this] { beat(); }),
      listener_(host.loop, [this](UvTcp socket) { on_accepted(std::move(socket)); }) {
  for (const PeerAddress& member : options_.founders) add_member(member);
}

void UvTransport::add_member(const PeerAddress& member) {
  const auto known = peers_.find(member.id);
  const bool is_known = known != peers_.end() && known->second.member.address == member.address;
  if (member.id == self_ || is_known) return;
  if (known == peers_.end() && peers_.size() >= kPeersMax) {
    return warn_once_in_a_while("members",
                                "there are too many members for this process, start "
                                "it again: it does not meet " +
                                    quoted(member.name));
  }
  Peer& peer = peers_[member.id];
  take_down(peer);
  peer.member = member;
  if (member.id < self_) return started_ ? knock(member) : void();  // it dials
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
  if (started_) peer.dialler->start();
}

void UvTransport::reach(Peer& peer) {
  if (peer.dialler == nullptr) return knock(peer.member);
  peer.dialler->start();
}

Status UvTransport::listen(const HostPort& address) {
  return listener_.listen(address);
}

void UvTransport::start(Hello hello) {
  hello_ = std::move(hello);
  started_ = true;
  heart_.arm(host_.clock.now() + kHeartbeatInterval);
  for (auto& [id, peer] : peers_) reach(peer);
}

// Says hello to a peer that dials this node, and nothing more: if it is there it dials at once, and
// if it is not it will when it comes, or is told again.
void UvTransport::knock(const PeerAddress& member) {
  const Result<HostPort> address = parse_host_port(member.address);
  if (!address.ok()) return;
  peers_.at(member.id).knock_next = host_.clock.now() + kKnocksApart;
  std::unique_ptr<UvDial>& attempt = peers_.at(member.id).knock;
  attempt = std::make_unique<UvDial>(host_.loop, [this](Result<UvTcp> socket) {
    if (!socket.ok()) return;
    connections_.add(UvConnection::Side::Dialled, std::move(socket).value())
        .write(encode(hello_), OutputClass::Urgent);
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
  heart_.disarm();
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
      peer->second.connection->write(*frame, output_class_of(message));
    }
  }
}

void UvTransport::reply(const ClientHandle& client, ClientReply reply) {
  UvConnection* const connection = connections_.find(client.connection);
  if (connection == nullptr || !connection->established()) return;
  if (is_refusal(reply)) {
    warn_once_in_a_while("overloaded", "this node is overloaded and refuses some of its requests");
    connection->rest_after(client.request);
  }
  connection->reply(client.request, answer_within_bounds(*connection, client.request, reply));
}

// What a write answers is small, and must arrive; a read that is not answered has changed nothing.
std::string UvTransport::answer_within_bounds(const UvConnection& connection, std::uint64_t request,
                                              const ClientReply& reply) {
  std::string frame = encode(request, reply);
  const bool of_write =
      std::holds_alternative<PutReply>(reply) || std::holds_alternative<ErrorReply>(reply);
  if (of_write || connection.has_room_for_answer(frame.size())) return frame;
  ++connections_.metrics().answers_refused;
  warn_once_in_a_while("answers",
                       "refused to answer a read: clients do not read their answers, of "
                       "which " +
                           std::to_string(options_.answer_bytes_max) + " bytes may wait");
  const Status busy =
      Status(StatusCode::Overloaded, "too many bytes of answers wait to be read at this node")
          .with_retry_after(kAnswersRetry);
  return encode(request, ClientReply(ErrorReply{.status = busy, .replies = {}}));
}

TransportReport UvTransport::report() const {
  TransportReport report{.metrics = connections_.metrics(),
                         .connections = connections_.size(),
                         .request_bytes = connections_.requests().used(),
                         .answer_bytes = connections_.answers().used(),
                         .peers = {}};
  for (const auto& [id, peer] : peers_) {
    PeerLink link{.name = peer.member.name, .up = peer.up, .queued_bytes = 0, .round_trip = {}};
    if (peer.up) {
      link.queued_bytes = peer.connection->queued_bytes();
      link.round_trip = peer.connection->round_trip();
    }
    report.peers.push_back(std::move(link));
  }
  return report;
}

std::size_t UvTransport::output_bytes_max_of_a_peer() const {
  return std::clamp(options_.peer_output_bytes_max / std::max<std::size_t>(peers_.size(), 1),
                    kPeerOutputMin, kPeerOutputMax);
}

bool UvTransport::crowded(NodeId peer) const {
  const auto found = peers_.find(peer);
  return found != peers_.end() && found->second.up && found->second.connection->output_crowded();
}

// Every second: this side lives, who is not there is told of it, and who left may make room.
void UvTransport::beat() {
  const std::string frame = encode(PeerMessage(Heartbeat{}));
  for (auto& [id, peer] : peers_) {
    if (peer.up) peer.connection->write(frame, OutputClass::Urgent);
    const bool waits = peer.dialler == nullptr && !peer.up;
    if (waits && host_.clock.now() >= peer.knock_next) knock(peer.member);
  }
  forget_greeted();
  retire_idle_clients();
  heart_.arm(host_.clock.now() + kHeartbeatInterval);
}

void UvTransport::retire_idle_clients() {
  if (connections_.size() <= options_.clients_max - options_.clients_max / 8) return;
  for (UvConnection* const idle :
       connections_.idle_clients(host_.clock.now(), kIdleMax, kRetiredAtOnce)) {
    addresses_.leave(idle->id());
    connections_.retire(*idle);
  }
}

void UvTransport::forget_greeted() {
  while (!greeting_.empty()) {
    const UvConnection* const oldest = connections_.find(greeting_.front());
    if (oldest != nullptr && !oldest->established()) return;
    greeting_.pop_front();
  }
}

void UvTransport::on_accepted(UvTcp socket) {
  // Nobody gets a greeting that could tell why: whoever is beyond this bound costs no memory.
  if (connections_.size() >= options_.clients_max + kGreetingReserve && !make_place()) return;
  greeting_.push_back(connections_.add(UvConnection::Side::Accepted, std::move(socket)).id());
}

// Ends the connection whose greeting has been awaited the longest. Whether there was one.
bool UvTransport::make_place() {
  ++connections_.metrics().connections_refused;
  warn_once_in_a_while("turned away", "turned connections away: clients_max (" +
                                          std::to_string(options_.clients_max) +
                                          ") is reached, and more come without a greeting");
  forget_greeted();
  if (greeting_.empty()) return false;
  connections_.retire(*connections_.find(greeting_.front()));
  return true;
}

void UvTransport::on_dialled(NodeId id, UvTcp socket) {
  Peer& peer = peers_.at(id);
  UvConnection& connection = connections_.add(UvConnection::Side::Dialled, std::move(socket));
  connection.set_peer(id, output_bytes_max_of_a_peer());
  peer.connection = &connection;
  connection.write(encode(hello_), OutputClass::Urgent);
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
  if (!accepted.ok()) return refuse(connection, "client", accepted);
  // Those that have greeted: callers that say nothing must not keep the others out.
  if (addresses_.clients() >= options_.clients_max) {
    return refuse(
        connection, "too many clients",
        {StatusCode::Overloaded, "this node has as many connections as clients_max allows (" +
                                     std::to_string(options_.clients_max) + "): try another"});
  }
  if (!addresses_.admit(connection.id(), connection.address(), options_.clients_per_address_max)) {
    return refuse(
        connection, "too many clients of one address",
        {StatusCode::Overloaded, "this node has as many connections from " + connection.address() +
                                     " as clients_per_address_max allows (" +
                                     std::to_string(options_.clients_per_address_max) + ")"});
  }
  connection.write(encode(for_strangers(hello_)), OutputClass::Urgent);
  connection.establish();
}

void UvTransport::meet_stranger(const Hello& hello) {
  const NodeId id = node_id_of(hello.name);
  if (!hello_.waits_to_join || peers_.contains(id) || id == self_) return;
  if (hello.cluster_id == Hash128{} || !check_hello(hello_, hello).ok()) return;
  host_.log.info("met the member " + quoted(hello.name) + " at " + hello.address);
  add_member({.id = id, .name = hello.name, .address = hello.address});
}

void UvTransport::greet_accepted_peer(UvConnection& connection, const Hello& hello) {
  meet_stranger(hello);
  const auto found = peers_.find(node_id_of(hello.name));
  if (found != peers_.end() && found->second.dialler != nullptr) {
    answer_knock(found->second, hello);
    return connections_.retire(connection);
  }
  const Status accepted = check_accepted_peer(hello);
  if (!accepted.ok()) return refuse(connection, "peer", accepted);
  take_down(found->second);
  connection.write(encode(hello_), OutputClass::Urgent);
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
  refusal.refusal_code = accepted.code();
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
    return refused(quoted(hello.name) + " is no member of the cluster, as far as " +
                   quoted(hello_.name) + " knows: neither in --initial-cluster nor joined");
  }
  return Status::success();
}

Status UvTransport::check_dialled_peer(const Peer& peer, const Hello& hello) const {
  STARLING_RETURN_IF_ERROR(check_hello(hello_, hello));
  if (hello.role == HelloRole::Peer && hello.name == peer.member.name) return Status::success();
  return refused("at " + peer.member.address + " answers " + quoted(hello.name) + " instead of " +
                 quoted(peer.member.name) + ": correct --initial-cluster, or what was joined");
}

void UvTransport::bring_up(Peer& peer, UvConnection& connection, const Hello& hello) {
  connection.set_peer(peer.member.id, output_bytes_max_of_a_peer());
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

void UvTransport::refuse(UvConnection& connection, std::string_view kind, const Status& why) {
  ++connections_.metrics().connections_refused;
  warn_once_in_a_while(kind, "refused a connection: " + why.message());
  Hello refusal = for_strangers(hello_);
  refusal.refusal = why.message();
  refusal.refusal_code = why.code();
  connection.refuse(refusal);
}

Status UvTransport::on_frame(UvConnection& connection, Frame frame) {
  const std::optional<NodeId> peer = connection.peer();
  auto* const message = std::get_if<PeerMessage>(&frame.message);
  if (message != nullptr && peer.has_value()) {
    // It has been heard, which is all that it says.
    if (std::holds_alternative<Heartbeat>(*message)) return Status::success();
    inbox_.on_peer_message(*peer, std::move(*message));
    return Status::success();
  }
  auto* const request = std::get_if<ClientRequest>(&frame.message);
  if (request != nullptr && !peer.has_value()) {
    inbox_.on_client_request({connection.id(), frame.request}, std::move(*request));
    return Status::success();
  }
  return refused("it sent a message that its side does not send");
}

void UvTransport::on_request_refused(UvConnection& /*connection*/) {
  warn_once_in_a_while("requests",
                       "refuses requests: clients sent more than this node answers, and " +
                           std::to_string(options_.request_bytes_max) + " bytes may wait");
}

void UvTransport::on_connection_closed(UvConnection& connection, const std::string& why) {
  const std::optional<NodeId> id = connection.peer();
  const auto peer = id.has_value() ? peers_.find(*id) : peers_.end();
  if (peer == peers_.end()) {
    addresses_.leave(connection.id());
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
