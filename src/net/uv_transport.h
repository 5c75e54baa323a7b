#pragma once

// UvTransport: a node's sockets. One listener for clients and peers, and one connection with every
// other founder, used in both directions: of two nodes, the one with the lower NodeId dials. That
// keeps the order of messages in one place, halves the number of connections, lets answers and
// requests share a write, and leaves no doubt about which of two connections counts. The one that
// came last does: a peer that dials anew has lost the old one, whether we noticed or not. A node
// that starts knocks at those that dial it, so that they do not sleep through their next attempt.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "starling/status.h"

#include "base/byte_budget.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "env/clock.h"
#include "env/transport.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "net/address_census.h"
#include "net/connection_table.h"
#include "net/host_port.h"
#include "net/inbox.h"
#include "net/peer_dialler.h"
#include "net/repeat_filter.h"
#include "net/transport_report.h"
#include "net/uv_connection.h"
#include "net/uv_dial.h"
#include "net/uv_handle.h"
#include "net/uv_listener.h"
#include "net/uv_loop.h"
#include "net/uv_timer.h"
#include "net/uv_turn.h"
#include "wire/codec.h"

namespace starling {

struct PeerAddress {
  NodeId id;
  std::string name;
  std::string address;  // host:port
};

struct TransportOptions {
  std::vector<PeerAddress> founders;  // `name` says which one is this node
  std::string name;
  // A connection costs some 10 KiB when it is idle; the system's limit of open files, if it is
  // lower, is the daemon's affair.
  std::size_t clients_max = 10'000;
  // Of one address. Half of all: behind one address there may be many, but never everybody.
  std::size_t clients_per_address_max = 5'000;
  // Of all clients together: their unanswered requests, and the answers that they have not read
  // yet. What finds no room is refused as "overloaded".
  std::size_t request_bytes_max = std::size_t{256} << 20U;
  std::size_t answer_bytes_max = std::size_t{256} << 20U;
  // Of all peers together, what waits to be sent to them; each has an equal part, of
  // kPeerOutputMin at least. From half of its part on a peer is crowded, and new work for it is
  // refused; so a full queue, over which its connection is closed, is the exception.
  std::size_t peer_output_bytes_max = std::size_t{512} << 20U;
  ConnectionLimits limits;
};

// A few megabytes of a large cluster's queue each: less would call every burst a crowd.
inline constexpr std::size_t kPeerOutputMin = std::size_t{4} << 20U;
// What a link of 1 Gbit/s sends in half a second: more only lengthens the wait.
inline constexpr std::size_t kPeerOutputMax = std::size_t{64} << 20U;

// How often each side of a connection between peers says that it lives.
inline constexpr Duration kHeartbeatInterval = std::chrono::seconds(1);

struct TransportHost {
  UvLoop& loop;
  UvTurn& turn;
  const Clock& clock;
  Log& log;
  Random random;  // for the waits between attempts
};

class UvTransport final : public Transport, private UvConnection::Events {
 public:
  // Connections beyond clients_max that may stand while their greeting is awaited: peers must get
  // in when clients have taken every place. When these are taken too, a newcomer takes the place of
  // whoever has been silent the longest: peers greet at once, and a flood does not keep them out.
  static constexpr std::size_t kGreetingReserve = 256;
  // Who dials this node knows of it as a rule. One that was joined while it was down does not: it
  // is told again. A connection that is refused costs next to nothing.
  static constexpr Duration kKnocksApart = std::chrono::seconds(5);
  // Clients stay connected while there is room. When fewer than an eighth of the places is left,
  // those of which nothing was heard for this long make room, a few at a time.
  static constexpr Duration kIdleMax = std::chrono::minutes(1);
  // Members, with those that came and went since the start.
  static constexpr std::size_t kPeersMax = 2048;

  // `inbox` and the parts of `host` outlive the transport.
  UvTransport(TransportHost host, Inbox& inbox, TransportOptions options);

  // Callers wait in the kernel until start(). An error names the address and the remedy.
  Status listen(const HostPort& address);
  // The port in use. REQUIRES: listen() succeeded.
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
  // One more member than before; this node itself is passed over, and so is one that is known by
  // this address. At most kPeersMax are taken. From start() on it is dialled, or knocked at, at
  // once.
  void add_member(const PeerAddress& member);
  // Begins to dial. `hello` is what every connection starts with. REQUIRES: before the loop runs.
  void start(Hello hello);
  // What connections start with from now on.
  void greet_with(Hello hello) { hello_ = std::move(hello); }

  // For the end: no new connections, but those that are there go on.
  void stop_accepting();
  // Closes everything. No events any more.
  void close();
  // Bytes that are written but not sent yet.
  [[nodiscard]] std::size_t queued_bytes() const { return connections_.queued_bytes(); }
  // What all clients share, for those who come by another protocol.
  [[nodiscard]] ByteBudget& request_budget() { return connections_.requests(); }
  [[nodiscard]] ByteBudget& answer_budget() { return connections_.answers(); }
  // For whoever watches: asks the kernel about each peer.
  [[nodiscard]] TransportReport report() const;

  void send(std::span<const NodeId> to, const PeerMessage& message) override;
  void reply(const ClientHandle& client, ClientReply reply) override;
  [[nodiscard]] bool crowded(NodeId peer) const override;

 private:
  struct Peer {
    PeerAddress member;
    std::unique_ptr<PeerDialler> dialler;  // null: the peer dials
    std::unique_ptr<UvDial> knock;         // and we only tell it that we are here
    Instant knock_next;                    // while it is down
    UvConnection* connection = nullptr;    // the one that counts
    bool up = false;
    Incarnation incarnation;  // while it is up
    std::string trouble;      // what was last said about it, so that it is said once
  };

  void on_hello(UvConnection& connection, const Hello& hello) override;
  Status on_frame(UvConnection& connection, Frame frame) override;
  void on_connection_closed(UvConnection& connection, const std::string& why) override;

  void on_request_refused(UvConnection& connection) override;

  void on_accepted(UvTcp socket);
  [[nodiscard]] bool make_place();
  [[nodiscard]] std::size_t output_bytes_max_of_a_peer() const;
  void beat();
  void retire_idle_clients();
  void forget_greeted();
  // Whether `reply` finds room among the answers; one that says so if not.
  [[nodiscard]] std::string answer_within_bounds(const UvConnection& connection,
                                                 std::uint64_t request, const ClientReply& reply);
  void on_dialled(NodeId id, UvTcp socket);
  void knock(const PeerAddress& member);
  void reach(Peer& peer);
  // A node that waits to be joined knows nobody: it takes the first members that greet it at their
  // word, as far as the greeting shows that they are of the cluster.
  void meet_stranger(const Hello& hello);
  void answer_knock(Peer& peer, const Hello& hello);
  void greet_client(UvConnection& connection, const Hello& hello);
  void greet_accepted_peer(UvConnection& connection, const Hello& hello);
  void greet_dialled_peer(UvConnection& connection, const Hello& hello);
  [[nodiscard]] Status check_accepted_peer(const Hello& hello) const;
  [[nodiscard]] Status check_dialled_peer(const Peer& peer, const Hello& hello) const;
  void bring_up(Peer& peer, UvConnection& connection, const Hello& hello);
  void take_down(Peer& peer);
  void refuse(UvConnection& connection, std::string_view kind, const Status& why);
  void note_trouble(Peer& peer, LogLevel level, const std::string& why);
  void warn_once_in_a_while(std::string_view kind, const std::string& line);

  TransportHost host_;
  Inbox& inbox_;
  TransportOptions options_;
  NodeId self_;
  Hello hello_;
  bool started_ = false;
  std::map<NodeId, Peer> peers_;
  RepeatFilter repeats_;
  ConnectionTable connections_;
  std::deque<std::uint64_t> greeting_;  // accepted, oldest first; some of them gone or greeted
  AddressCensus addresses_;             // of clients
  UvTimer heart_;
  UvListener listener_;
};

}  // namespace starling
