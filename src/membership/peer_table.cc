#include "membership/peer_table.h"

#include <string>
#include <utility>

#include "base/ids.h"
#include "message/peer_state.h"
#include "message/store_condition.h"

namespace starling {

void PeerTable::on_up(NodeId peer, std::string http_address) {
  // A restarted process begins anew: whether its store counts, it will say.
  peers_[peer] = Peer{.connected = true, .http_address = std::move(http_address)};
}

void PeerTable::on_down(NodeId peer) {
  Peer& entry = peers_[peer];
  entry.connected = false;
  entry.counting = false;
  entry.suspect = false;
}

void PeerTable::on_counting(NodeId peer) {
  peers_[peer].counting = true;
}

void PeerTable::on_heard(NodeId peer) {
  const auto entry = peers_.find(peer);
  if (entry != peers_.end()) entry->second.suspect = false;
}

void PeerTable::on_silent(NodeId peer) {
  const auto entry = peers_.find(peer);
  if (entry != peers_.end()) entry->second.suspect = entry->second.connected;
}

void PeerTable::on_condition(NodeId member, StoreCondition condition) {
  peers_[member].condition = condition;
}

PeerState PeerTable::state(NodeId peer) const {
  const auto entry = peers_.find(peer);
  if (entry == peers_.end() || !entry->second.connected) return PeerState::Down;
  return entry->second.suspect ? PeerState::Suspect : PeerState::Up;
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
