#include "membership/peer_table.h"

#include <string>
#include <utility>

#include "base/ids.h"
#include "base/time.h"
#include "message/peer_state.h"
#include "message/store_condition.h"

namespace starling {

void PeerTable::on_up(NodeId peer, std::string http_address) {
  // A restarted process begins anew: whether its store counts, it will say. Whether it answers, the
  // detector finds out: a greeting alone is no answer.
  Peer& entry = peers_[peer];
  entry.connected = true;
  entry.counting = false;
  entry.condition = StoreCondition::Roomy;
  entry.http_address = std::move(http_address);
}

void PeerTable::on_down(NodeId peer) {
  Peer& entry = peers_[peer];
  entry.connected = false;
  entry.counting = false;
}

void PeerTable::on_counting(NodeId peer) {
  peers_[peer].counting = true;
}

void PeerTable::on_opinion(NodeId peer, PeerState state, Instant since) {
  Peer& entry = peers_[peer];
  entry.state = state;
  entry.since = since;
}

void PeerTable::on_condition(NodeId member, StoreCondition condition) {
  peers_[member].condition = condition;
}

PeerState PeerTable::state(NodeId peer) const {
  const auto entry = peers_.find(peer);
  return entry == peers_.end() ? PeerState::Down : entry->second.state;
}

Instant PeerTable::state_since(NodeId peer) const {
  const auto entry = peers_.find(peer);
  return entry == peers_.end() ? Instant() : entry->second.since;
}

bool PeerTable::connected(NodeId peer) const {
  const auto entry = peers_.find(peer);
  return entry != peers_.end() && entry->second.connected;
}

bool PeerTable::reachable(NodeId peer) const {
  const auto entry = peers_.find(peer);
  return entry != peers_.end() && entry->second.connected && entry->second.counting;
}

StoreCondition PeerTable::condition(NodeId member) const {
  const auto entry = peers_.find(member);
  return entry == peers_.end() ? StoreCondition::Roomy : entry->second.condition;
}

std::string PeerTable::http_address(NodeId peer) const {
  const auto entry = peers_.find(peer);
  return entry == peers_.end() ? std::string() : entry->second.http_address;
}

}  // namespace starling
