#pragma once

// EndpointPool: the nodes a client knows, and how each is doing. A node that could not be reached,
// or that turned requests away at the door (it drains, it is full), rests for a while: it is asked
// only when no other is left. Pure: it opens no connection, it says which one to open.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "client/endpoint.h"

namespace starling {

// One connection of one client; never used twice, never 0.
using ConnectionId = Id<struct ConnectionIdTag>;

class EndpointPool {
 public:
  enum class State : std::uint8_t { Idle, Connecting, Open };

  struct Node {
    Endpoint address;
    NodeId member;  // 0: not known to be one
    bool is_seed = false;
    State state = State::Idle;
    ConnectionId connection;  // unless Idle
    Instant impatient_at;     // of Connecting: from then on another one is tried beside it
    bool impatience_told = false;
    Instant connect_by;  // of Connecting: given up then
    Instant rest_until;
    std::uint32_t failures = 0;  // without a good answer in between
    Status trouble;              // why it is not Open, if that was tried
  };

  // A request remembers which nodes it has tried, a bit a node; more are not used.
  static constexpr std::size_t kNodesMax = 128;
  // A connection and a greeting take a round trip or two. Whoever needs longer than this is far
  // away or a host that swallows packets: another one is tried beside it.
  static constexpr Duration kPatience = std::chrono::milliseconds(150);
  static constexpr Duration kConnectTime = std::chrono::seconds(3);
  // Doubles from the first to the last; each rest is drawn from the upper half of its step.
  static constexpr Duration kRestFirst = std::chrono::milliseconds(50);
  static constexpr Duration kRestLast = std::chrono::seconds(2);

  explicit EndpointPool(Random random) : random_(random) {}

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] const Node& operator[](std::size_t index) const { return nodes_[index]; }
  // The node of that connection; nothing when the connection is no longer its own.
  [[nodiscard]] std::optional<std::size_t> find(ConnectionId connection) const;

  // A node that the user named. Beyond kNodesMax it is not taken.
  void add_seed(const Endpoint& address);
  // A node that the cluster named; one that is known already only learns who it is. Beyond
  // kNodesMax it takes the place of a former member, or is not taken.
  void add_member(const Endpoint& address, NodeId member);
  // No node is known to be a member any more: a newer list follows.
  void forget_members();

  // REQUIRES: Idle.
  void connecting(std::size_t index, ConnectionId connection, Instant now);
  void opened(std::size_t index);
  // The connection failed or broke. It rests when `lost`: something was lost with it.
  void closed(std::size_t index, Status why, bool lost, Instant now);
  // It turned a request away before doing anything for it.
  void turned_away(std::size_t index, Instant now) { rest(nodes_[index], now); }
  void answered_well(std::size_t index);

  [[nodiscard]] bool is_resting(std::size_t index, Instant now) const {
    return nodes_[index].rest_until > now;
  }
  // Whether it is worth waiting for that node alone.
  [[nodiscard]] bool is_hopeful(std::size_t index, Instant now) const {
    return nodes_[index].state == State::Connecting && now < nodes_[index].impatient_at;
  }
  // Whether patience with a connection has run out since the last time.
  [[nodiscard]] bool take_impatience(Instant now);
  // When to look at the connections being made; nothing: none is.
  [[nodiscard]] std::optional<Instant> next_look() const;

 private:
  void rest(Node& node, Instant now);

  Random random_;
  std::vector<Node> nodes_;
};

}  // namespace starling
