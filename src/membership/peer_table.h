#pragma once

// PeerTable: what this node can tell of the other members from its connections: who is connected,
// whose store counts, and who let a request wait too long. A local opinion that orders replicas and
// is shown to people; it never changes who owns what.

#include <map>
#include <string>

#include "base/ids.h"
#include "message/peer_state.h"
#include "message/store_condition.h"

namespace starling {

class PeerTable {
 public:
  void on_up(NodeId peer, std::string http_address);
  void on_down(NodeId peer);
  // The peer said that its store counts: it mints, and its answers are answers.
  void on_counting(NodeId peer);
  // Anything heard from a peer clears the suspicion.
  void on_heard(NodeId peer);
  void on_silent(NodeId peer);
  // How much room a member's store has; also of this node itself, which no connection tells.
  void on_condition(NodeId member, StoreCondition condition);

  [[nodiscard]] PeerState state(NodeId peer) const;
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
    bool suspect = false;
    StoreCondition condition = StoreCondition::Roomy;
    std::string http_address;
  };

  std::map<NodeId, Peer> peers_;
};

}  // namespace starling
