#pragma once

// RingMember: one node as placement sees it. (Whether it can be reached right now is another matter
// and lives in membership/.)

#include <cstdint>
#include <string>

#include "base/ids.h"

namespace starling {

struct RingMember {
  NodeId id;
  std::string name;     // unique in the cluster
  std::string address;  // host:port of the native protocol
  std::string zone;     // failure domain; members without one share the zone ""
  // Share of the slots, relative to the other members'; > 0, but in the Ring of a configuration 0
  // for who is on the way out: it gets nothing new, hints included.
  std::uint32_t weight = 100;
  friend bool operator==(const RingMember&, const RingMember&) = default;
};

}  // namespace starling
