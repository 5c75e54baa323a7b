#include "net/backoff.h"

#include <algorithm>

#include "base/time.h"

namespace starling {

Duration Backoff::next() {
  const Duration wait = random_.between(step_ / 2, step_);
  step_ = std::min(step_ * 2, kLongest);
  return wait;
}

}  // namespace starling
