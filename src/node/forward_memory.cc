#include "node/forward_memory.h"

#include "base/ids.h"
#include "base/time.h"

namespace starling {

bool ForwardMemory::is_new(NodeId from, OperationId operation, Instant now) {
  while (!by_age_.empty() &&
         (now - by_age_.front().first > kAgeMax || seen_.size() >= kEntriesMax)) {
    seen_.erase(by_age_.front().second);
    by_age_.pop_front();
  }
  const Key key{from, operation};
  if (!seen_.insert(key).second) return false;
  by_age_.emplace_back(now, key);
  return true;
}

}  // namespace starling
