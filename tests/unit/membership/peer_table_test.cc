#include "membership/peer_table.h"

#include <chrono>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"
#include "message/peer_state.h"
#include "message/store_condition.h"

namespace starling {
namespace {

const NodeId kPeer = node_id_of("node1");

TEST_CASE("PeerTable: a member that was never met is down") {
  const PeerTable table;
  CHECK(table.state(kPeer) == PeerState::Down);
  CHECK_FALSE(table.reachable(kPeer));
  CHECK(table.http_address(kPeer).empty());
}

TEST_CASE("PeerTable: a connected peer is reachable only once its store counts") {
  PeerTable table;
  table.on_up(kPeer, "127.0.0.1:7501");
  CHECK(table.connected(kPeer));
  CHECK_FALSE(table.reachable(kPeer));
  table.on_counting(kPeer);
  CHECK(table.reachable(kPeer));
  CHECK(table.http_address(kPeer) == "127.0.0.1:7501");
}

TEST_CASE("PeerTable: a restarted peer must say again that it counts") {
  PeerTable table;
  table.on_up(kPeer, "");
  table.on_counting(kPeer);
  table.on_up(kPeer, "");
  CHECK_FALSE(table.reachable(kPeer));
}

TEST_CASE("PeerTable: an opinion stays as it is whatever becomes of connections") {
  const Instant since(std::chrono::seconds(7));
  PeerTable table;
  table.on_opinion(kPeer, PeerState::Suspect, since);
  table.on_up(kPeer, "");
  CHECK(table.state(kPeer) == PeerState::Suspect);
  CHECK(table.state_since(kPeer) == since);
  table.on_opinion(kPeer, PeerState::Up, since);
  table.on_down(kPeer);
  CHECK(table.state(kPeer) == PeerState::Up);
  CHECK_FALSE(table.connected(kPeer));
}

TEST_CASE("PeerTable: a member has room until it says otherwise, and with each new connection") {
  PeerTable table;
  CHECK(table.condition(kPeer) == StoreCondition::Roomy);
  table.on_up(kPeer, "");
  table.on_condition(kPeer, StoreCondition::Tight);
  CHECK(table.condition(kPeer) == StoreCondition::Tight);
  table.on_up(kPeer, "");
  CHECK(table.condition(kPeer) == StoreCondition::Roomy);
}

}  // namespace
}  // namespace starling
