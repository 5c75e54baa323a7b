#pragma once

// The exhaustive search over the deciding of one epoch, on the product's acceptors and proposers:
// a message that was sent may arrive at any time, any number of times, or never; disks finish when
// they like; voters crash, with and without what they had asked the disk for; one may lose its disk
// and answer on with another. No two proposers may ever see two values decided.

#include <cstddef>
#include <cstdint>
#include <string>

namespace starling {

enum class ChainBug : std::uint8_t {
  None,
  VoteWithoutPersist,  // answers leave before the disk has them
  AcceptBelowPromise,  // a voter forgets what it promised when it is asked to accept
  OwnValue,            // a proposer ignores what was accepted before
  CountWiped,          // answers count from whatever disk
};

struct ChainScheme {
  std::string name;
  std::size_t voters = 3;
  bool founding = false;        // epoch 1: all have to agree, on whatever disk they have
  std::size_t ballots_max = 2;  // of each of the two proposers
  std::size_t crashes_max = 1;
  std::size_t wipes_max = 0;
  ChainBug bug = ChainBug::None;
};

struct ChainFindings {
  std::size_t states = 0;
  std::size_t decided = 0;  // states in which somebody saw a value decided
  std::size_t split = 0;    // states in which two values were
};

[[nodiscard]] ChainFindings search(const ChainScheme& scheme);

}  // namespace starling
