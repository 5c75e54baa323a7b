#include "membership/epoch_gossip.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"

namespace starling {

EpochGossip::EpochGossip(Random random, Instant now)
    : random_(random), next_(now + random_.between(Duration{0}, kPeriod)) {}

void EpochGossip::on_peer_up(NodeId peer) {
  fetched_.reset();
  handed_out_.erase(peer);
}

std::vector<NodeId> EpochGossip::on_adopted(std::span<const NodeId> others) {
  fetched_.reset();
  std::vector<NodeId> told(others.begin(), others.end());
  const std::size_t count = std::min(kRumours, told.size());
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(told[i], told[i + random_.below(told.size() - i)]);
  }
  told.resize(count);
  return told;
}

std::optional<NodeId> EpochGossip::on_timer(std::span<const NodeId> others, Instant now) {
  if (now < next_) return std::nullopt;
  next_ = now + kPeriod;
  if (others.empty()) return std::nullopt;
  return others[random_.below(others.size())];
}

bool EpochGossip::may_fetch(Epoch seen, Epoch adopted, Instant now) {
  if (seen <= adopted) return false;
  if (fetched_ && now < *fetched_ + kFetchPause) return false;
  fetched_ = now;
  return true;
}

bool EpochGossip::may_hand_out(NodeId peer, Epoch epoch, Instant now) {
  const auto last = handed_out_.find(peer);
  const bool again = last != handed_out_.end() && last->second.epoch == epoch;
  if (again && now < last->second.at + kHandOutPause) return false;
  handed_out_.insert_or_assign(peer, HandedOut{.epoch = epoch, .at = now});
  return true;
}

}  // namespace starling
