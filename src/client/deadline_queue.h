#pragma once

// DeadlineQueue: which request must be looked at next, by time. Requests end long before their
// deadlines, and taking an entry out of the middle of a heap costs more than leaving it there: who
// asks says which ids still count, and the others are dropped when they come to the top.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace starling {

class DeadlineQueue {
 public:
  struct Entry {
    Instant at;
    std::uint64_t id = 0;
  };

  void push(Instant at, std::uint64_t id);

  // The earliest entry that counts. `counts(entry)` says whether one does.
  template <typename Counts>
  [[nodiscard]] std::optional<Instant> next(const Counts& counts) {
    drop_stale(counts);
    return heap_.empty() ? std::nullopt : std::optional(heap_.front().at);
  }
  // Takes the earliest entry that counts, if its time has come.
  template <typename Counts>
  [[nodiscard]] std::optional<Entry> take_due(Instant now, const Counts& counts) {
    drop_stale(counts);
    if (heap_.empty() || heap_.front().at > now) return std::nullopt;
    return pop();
  }
  // Sifts out what no longer counts, once there may be more of that than of the `live` rest. Called
  // after pushes, it bounds the queue by twice the requests.
  template <typename Counts>
  void sift(std::size_t live, const Counts& counts) {
    if (heap_.size() <= 2 * live + kSlack) return;
    std::erase_if(heap_, [&](const Entry& entry) { return !counts(entry); });
    std::ranges::make_heap(heap_, later);
  }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  // Sifting a few entries again and again costs more than keeping them.
  static constexpr std::size_t kSlack = 1024;

  [[nodiscard]] static bool later(const Entry& a, const Entry& b) { return a.at > b.at; }
  template <typename Counts>
  void drop_stale(const Counts& counts) {
    while (!heap_.empty() && !counts(heap_.front())) static_cast<void>(pop());
  }
  Entry pop();

  std::vector<Entry> heap_;
};

}  // namespace starling
