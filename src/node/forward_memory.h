#pragma once

// ForwardMemory: which forwarded puts have arrived here, for as long as a copy of one may still
// come. A put that was refused promised that nothing was applied; a second copy of the message that
// met better luck would break that promise, and its forwarder may have tried another owner
// meanwhile.

#include <cstddef>
#include <deque>
#include <set>
#include <utility>

#include "starling/options.h"

#include "base/ids.h"
#include "base/time.h"

namespace starling {

class ForwardMemory {
 public:
  // As long as the memory of what was minted (replica/replay_memory.h), and about as many.
  static constexpr Duration kAgeMax = 2 * kTimeoutMax;
  static constexpr std::size_t kEntriesMax = 200'000;

  // Whether this is the first copy of it, and remembers it.
  [[nodiscard]] bool is_new(NodeId from, OperationId operation, Instant now);
  [[nodiscard]] std::size_t size() const { return seen_.size(); }

 private:
  using Key = std::pair<NodeId, OperationId>;

  std::set<Key> seen_;
  std::deque<std::pair<Instant, Key>> by_age_;
};

}  // namespace starling
