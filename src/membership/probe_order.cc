#include "membership/probe_order.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"

namespace starling {

void ProbeOrder::set_members(std::span<const NodeId> members) {
  std::set<NodeId> added(members.begin(), members.end());
  std::vector<NodeId> kept;
  std::size_t at = 0;
  for (std::size_t i = 0; i < order_.size(); ++i) {
    if (added.erase(order_[i]) == 0) continue;
    if (i < at_) ++at;
    kept.push_back(order_[i]);
  }
  order_ = std::move(kept);
  at_ = at;
  for (const NodeId member : added) {
    const std::size_t place = random_.between(at_, order_.size());
    order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(place), member);
  }
}

std::optional<NodeId> ProbeOrder::next() {
  if (order_.empty()) return std::nullopt;
  if (at_ >= order_.size()) {
    at_ = 0;
    for (std::size_t i = order_.size() - 1; i > 0; --i) {
      std::swap(order_[i], order_[random_.below(i + 1)]);
    }
  }
  return order_[at_++];
}

}  // namespace starling
