#pragma once

// BatchWindow: which items of a batch may be asked next: as many at once as the window holds, and
// again those for which the client had no room. Pure; its user brings the lock.

#include <cstddef>
#include <optional>
#include <vector>

namespace starling {

class BatchWindow {
 public:
  BatchWindow(std::size_t items, std::size_t at_once) : items_(items), at_once_(at_once) {}

  struct Taken {
    std::size_t index = 0;
    bool alone = false;        // nothing else of the batch was under way
    std::size_t answered = 0;  // of the batch, when it was taken
  };
  // The next item; nothing: an answer has to come first, or there is none left.
  [[nodiscard]] std::optional<Taken> take();
  void answered();
  // The client had no room for it. Whether it comes back later: if something of this batch was
  // under way meanwhile, that took the room, even where it has been answered since. Otherwise it is
  // answered by the refusal.
  [[nodiscard]] bool comes_back(const Taken& taken);
  [[nodiscard]] bool complete() const { return answered_ == items_; }

 private:
  const std::size_t items_;
  const std::size_t at_once_;
  std::vector<std::size_t> returned_;
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  std::size_t answered_ = 0;
};

}  // namespace starling
