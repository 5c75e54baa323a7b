#pragma once

// FillMonitor: what must hold of fillings, as a sink's disk tells of them: whatever it says that it
// holds of a source, it holds: all that the source had when it adopted the epoch in question
// (filled-early: it had not adopted it at all; filled-short: something is missing). Facts of this
// kind let a slot change hands, so they are checked when they are written, cursor by cursor.

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "handoff/fill_stream.h"
#include "replica/key_layout.h"
#include "ring/configuration.h"
#include "sim/member_view.h"
#include "sim/violation.h"
#include "version/vector_clock.h"

namespace starling::sim {

class FillMonitor {
 public:
  using Clocks = std::map<std::uint32_t, VectorClock>;  // by the number of the key
  struct Records {
    // What stands on the node's disk of a key.
    std::function<VectorClock(std::uint32_t node, std::uint32_t key)> clock;
    // Its bytes changed behind the node's back.
    std::function<bool(std::uint32_t node, std::uint32_t key)> is_rotten;
  };

  FillMonitor(const MemberView& cluster, Records records)
      : cluster_(cluster), records_(std::move(records)) {}

  // A key of the run, in the order of their numbers.
  void add_key(RecordKey place) { keys_.push_back(std::move(place)); }
  void on_adopted(std::uint32_t node, const Configuration& configuration);
  // About to be written; `newest`: what the same group of commits has written before it.
  void on_cursor(std::uint32_t node, const FillProgress& progress, const Clocks& newest);

  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

 private:
  const MemberView& cluster_;
  Records records_;
  std::vector<RecordKey> keys_;
  // What each node held when it adopted each epoch for the first time.
  std::map<std::uint32_t, std::map<Epoch, Clocks>> held_;
  std::vector<Violation> violations_;
};

}  // namespace starling::sim
