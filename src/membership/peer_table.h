#pragma once

// PeerTable: what this node knows of the other members: who is connected, whose store counts, and
// what its failure detector believes. Local facts and opinions, which order replicas and are shown
// to people; they never change who owns what.

#include <map>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "message/peer_state.h"
#include "message/store_condition.h"

namespace starling {

class PeerTable {
 public:
  void on_up(NodeId peer, std::string http_address);
  void on_down(NodeId peer);
  // The peer said that its store counts: it mints, and its answers are answers.
  void on_counting(NodeId peer);
  // The failure detector's, since `since`.
  void on_opinion(NodeId peer, PeerState state, Instant since);
  // How much room a member's store has; also of this node itself, which no connection tells.
  void on_condition(NodeId member, StoreCondition condition);

  // Of somebody of whom there is no opinion: down.
  [[nodiscard]] PeerState state(NodeId peer) const;
  // Since when; the beginning of time where there is no opinion.
  [[nodiscard]] Instant state_since(NodeId peer) const;
  [[nodiscard]] bool connected(NodeId peer) const;
  // Connected, with a store that counts: worth sending a request that must be answered.
  [[nodiscard]] bool reachable(NodeId peer) const;
  // Roomy until something else is heard, and again from a new connection on.
  [[nodiscard]] StoreCondition condition(NodeId member) const;
  // Empty while the peer was never met.
  [[nodiscard]] std::string http_address(NodeId peer) const;

 private:
  struct Peer {
    bool connected = false;
    bool counting = false;
    StoreCondition condition = StoreCondition::Roomy;
    std::string http_address;
    PeerState state = PeerState::Down;
    Instant since{};
  };

  std::map<NodeId, Peer> peers_;
};

}  // namespace starling
