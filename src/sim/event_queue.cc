#include "sim/event_queue.h"

#include <algorithm>
#include <utility>

#include "base/time.h"

namespace starling::sim {

bool EventQueue::is_later(const Event& left, const Event& right) {
  if (left.at != right.at) return left.at > right.at;
  return left.sequence > right.sequence;
}

void EventQueue::at(Instant when, Action action) {
  heap_.push_back(Event{std::max(when, now_), posted_++, std::move(action)});
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

bool EventQueue::run_next(Instant limit) {
  if (heap_.empty() || heap_.front().at > limit) return false;
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  const Event event = std::move(heap_.back());
  heap_.pop_back();
  now_ = event.at;
  ++executed_;
  event.action();
  return true;
}

void EventQueue::run_until(Instant limit) {
  while (run_next(limit)) {
  }
  now_ = std::max(now_, limit);
}

}  // namespace starling::sim
