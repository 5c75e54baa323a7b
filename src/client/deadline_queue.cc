#include "client/deadline_queue.h"

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace starling {

void DeadlineQueue::push(Instant at, std::uint64_t id) {
  heap_.push_back({.at = at, .id = id});
  std::ranges::push_heap(heap_, later);
}

DeadlineQueue::Entry DeadlineQueue::pop() {
  std::ranges::pop_heap(heap_, later);
  const Entry entry = heap_.back();
  heap_.pop_back();
  return entry;
}

}  // namespace starling
