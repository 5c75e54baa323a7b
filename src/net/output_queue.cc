#include "net/output_queue.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace starling {

void OutputQueue::push(OutputClass output_class, std::string_view messages) {
  if (messages.empty()) return;
  Segments& into = segments(output_class);
  bytes_ += messages.size();
  if (!into.empty() && into.back().size() + messages.size() <= kSegmentBytes) {
    into.back().append(messages);
  } else {
    into.emplace_back(messages);
  }
}

// Bulk work has credit for a share of what is sent (deficit round robin, Shreedhar and Varghese,
// 1995): a segment of megabytes waits until it has earned its turn, and then gets it.
std::vector<std::string> OutputQueue::take(std::size_t bytes_max) {
  std::vector<std::string> taken;
  std::size_t taken_bytes = 0;
  Segments& urgent = segments(OutputClass::Urgent);
  Segments& data = segments(OutputClass::Data);
  Segments& bulk = segments(OutputClass::Bulk);
  while (!urgent.empty()) move_one(urgent, taken, taken_bytes);
  const auto fits = [&](const Segments& next) {
    return !next.empty() && (taken.empty() || taken_bytes + next.front().size() <= bytes_max);
  };
  while (fits(data)) move_one(data, taken, taken_bytes);
  bulk_credit_ = bulk.empty() ? 0 : bulk_credit_ + bytes_max / kBulkShareDivisor;
  if (!bulk.empty() && bulk_credit_ >= bulk.front().size()) {
    bulk_credit_ -= bulk.front().size();
    move_one(bulk, taken, taken_bytes);
  }
  while (data.empty() && fits(bulk)) move_one(bulk, taken, taken_bytes);
  bytes_ -= taken_bytes;
  return taken;
}

void OutputQueue::move_one(Segments& from, std::vector<std::string>& taken,
                           std::size_t& taken_bytes) {
  taken_bytes += from.front().size();
  taken.push_back(std::move(from.front()));
  from.pop_front();
}

void OutputQueue::clear() {
  for (Segments& waiting : segments_) waiting.clear();
  bytes_ = 0;
  bulk_credit_ = 0;
}

}  // namespace starling
