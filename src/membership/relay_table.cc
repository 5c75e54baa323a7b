#include "membership/relay_table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace starling {

bool RelayTable::begin(const Relay& relay) {
  const auto for_requester = std::ranges::count(relays_, relay.requester, &Relay::requester);
  if (relays_.size() >= kRelaysMax) return false;
  if (static_cast<std::size_t>(for_requester) >= kRelaysPerRequester) return false;
  relays_.push_back(relay);
  return true;
}

std::optional<RelayTable::Relay> RelayTable::finish(std::uint64_t number, NodeId subject) {
  const auto found = std::ranges::find(relays_, number, &Relay::number);
  if (found == relays_.end() || found->subject != subject) return std::nullopt;
  const Relay relay = *found;
  relays_.erase(found);
  return relay;
}

std::vector<RelayTable::Relay> RelayTable::expire(Instant now) {
  std::vector<Relay> expired;
  for (const Relay& relay : relays_) {
    if (relay.until <= now) expired.push_back(relay);
  }
  std::erase_if(relays_, [now](const Relay& relay) { return relay.until <= now; });
  return expired;
}

void RelayTable::postpone(Duration late) {
  for (Relay& relay : relays_) relay.until += late;
}

std::optional<Instant> RelayTable::next_deadline() const {
  if (relays_.empty()) return std::nullopt;
  return std::ranges::min(relays_, {}, &Relay::until).until;
}

}  // namespace starling
