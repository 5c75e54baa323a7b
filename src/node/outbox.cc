#include "node/outbox.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "message/peer_messages.h"

namespace starling {

void Outbox::send(std::span<const NodeId> to, PeerMessage message) {
  const auto own = std::ranges::find(to, self_);
  if (own == to.end()) {
    if (!to.empty()) transport_.send(to, message);
    return;
  }
  std::vector<NodeId> others;
  for (const NodeId node : to) {
    if (node != self_) others.push_back(node);
  }
  if (!others.empty()) transport_.send(others, message);
  local_.push_back(std::move(message));
}

std::optional<PeerMessage> Outbox::take_local() {
  if (local_.empty()) return std::nullopt;
  PeerMessage message = std::move(local_.front());
  local_.pop_front();
  return message;
}

}  // namespace starling
