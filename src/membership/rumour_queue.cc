#include "membership/rumour_queue.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/ids.h"
#include "message/swim_messages.h"

namespace starling {

std::size_t RumourQueue::transmissions(std::size_t members) {
  std::size_t digits = 1;
  for (std::size_t rest = members / 10; rest > 0; rest /= 10) ++digits;
  return kTransmissionsPerDigit * digits;
}

void RumourQueue::add(const Rumour& rumour) {
  entries_.insert_or_assign(rumour.subject, Entry{.rumour = rumour, .told = 0, .added = ++added_});
}

void RumourQueue::forget(NodeId subject) {
  entries_.erase(subject);
}

std::vector<Rumour> RumourQueue::take(std::size_t count, std::size_t transmissions_max) {
  std::vector<Entry*> order;
  order.reserve(entries_.size());
  for (auto& [subject, entry] : entries_) order.push_back(&entry);
  const std::size_t taken = std::min(count, order.size());
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(taken);
  std::partial_sort(order.begin(), end, order.end(), [](const Entry* left, const Entry* right) {
    return left->told != right->told ? left->told < right->told : left->added > right->added;
  });
  order.resize(taken);
  std::vector<Rumour> rumours;
  rumours.reserve(taken);
  for (Entry* entry : order) {
    rumours.push_back(entry->rumour);
    ++entry->told;
  }
  std::erase_if(entries_,
                [&](const auto& entry) { return entry.second.told >= transmissions_max; });
  return rumours;
}

}  // namespace starling
