#pragma once

// Scrub: reads everything that a node holds, once in two weeks, and asks whether it is what the
// Merkle leaves say should be there. Sums are kept with each write, so a record that was lost in
// silence, by the disk or by a mistake of ours, is missing from them nowhere but here. Reads check
// checksums on the way. Source: disk scrubbing as ZFS does it; Riak rebuilds its trees instead, and
// so forgets what they knew.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "repair/merkle_leaf.h"
#include "repair/merkle_tree.h"

namespace starling {

class Scrub {
 public:
  struct Options {
    Duration pass = std::chrono::hours(24 * 14);
    // A step is read in one turn of the loop: some hundred records.
    std::uint32_t leaves_at_once = 8;
    // More wrong leaves than this, of a thousand: not a spot but a disk. The store should be made
    // anew from the others.
    std::uint32_t rebuild_permille = 1;
  };
  struct Step {
    PartitionId partition;
    unsigned depth = 0;
    std::uint32_t first_leaf = 0;
    std::uint32_t leaves = 0;
    TokenRange range;
    friend bool operator==(const Step&, const Step&) = default;
  };
  // What was found in one leaf, read from the records.
  struct LeafRead {
    LeafSum sum;
    std::uint32_t unreadable = 0;  // records that failed their checksum
  };
  struct Finding {
    PartitionId partition;
    std::uint32_t leaf = 0;
    LeafSum expected;
    LeafRead found;
  };

  Scrub(Options options, Instant now) : options_(options), pass_began_(now) {}

  // The partitions that this node holds. What is new is read in the pass at hand if it stands
  // ahead.
  void set_spans(const std::vector<TreeSpan>& spans);

  // The next leaves to read, if it is time: a pass takes its whole time, evenly, and what was
  // missed by being down or slow is caught up with as the budget allows. `depth_of` each tree now.
  [[nodiscard]] std::optional<Step> next(const std::map<PartitionId, unsigned>& depths,
                                         Instant now);
  // One entry a leaf of the step, all read in the turn in which `tree` was looked at.
  // Returns the leaves that are wrong. Who runs it corrects the tree to what is there
  // (correct_leaf), so that the next exchange fetches what is missing, and marks the partition.
  // A step of another depth than the tree's now is void.
  [[nodiscard]] std::vector<Finding> on_read(const Step& step, const std::vector<LeafRead>& found,
                                             const MerkleTree& tree);

  // In the pass at hand.
  [[nodiscard]] std::uint64_t leaves_read() const { return leaves_read_; }
  [[nodiscard]] std::uint64_t leaves_wrong() const { return leaves_wrong_; }
  [[nodiscard]] std::uint64_t passes() const { return passes_; }
  // Too many leaves are wrong; asked for after at least a thousand were read.
  [[nodiscard]] bool wants_rebuild() const;

 private:
  void begin_pass(Instant now);

  Options options_;
  std::map<PartitionId, TreeSpan> spans_;
  Instant pass_began_;
  PartitionId partition_;       // the one at hand
  std::uint64_t position_ = 0;  // within it, in parts of kPositions
  std::uint64_t passes_ = 0;
  std::uint64_t leaves_read_ = 0;
  std::uint64_t leaves_wrong_ = 0;
};

}  // namespace starling
