#pragma once

// CurrentRing: the newest ring that this node has adopted. One place to change it; readers keep a
// reference to the place and take the snapshot they work with.

#include <memory>

#include "ring/ring.h"

namespace starling {

struct CurrentRing {
  std::shared_ptr<const Ring> ring;

  const Ring& operator*() const { return *ring; }
  const Ring* operator->() const { return ring.get(); }
};

}  // namespace starling
