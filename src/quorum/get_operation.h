#pragma once

// GetOperation: one get. The record comes from one slot, digests and clocks from all the others at
// once; the answer goes out when R sound answers agree. If they differ, the differing records are
// fetched and merged, and the merge is written back (read repair, Dynamo section 5) to as many
// slots as protect it from a later read that sees less: before the answer at a majority or more,
// behind it below. Repair never fails a read that met R.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "version/sibling_set.h"

namespace starling {

class GetOperation {
 public:
  struct Request {
    ReadQuorum quorum;
    VectorClock session;  // only what covers it is an answer; empty: any
    Instant started;
    Instant deadline;
    // How long the slot that was asked for the record may take before another is asked as well.
    Duration patience{};
    PlantedBug planted = PlantedBug::None;
  };

  GetOperation(Request request, ReplicaView replicas);

  void start(Actions& out);
  void on_read_reply(NodeId from, ReplicaReadReply reply, Actions& out);
  // The answer to a repair.
  void on_write_reply(NodeId from, ReplicaOutcome outcome, Actions& out);
  void on_peer_down(NodeId node, Actions& out);
  // Everything heard so far is discarded: answers of two rows are never added up.
  void on_newer_row(ReplicaView replicas, Actions& out);
  void on_timer(Instant now, Actions& out);

  // Slots that were asked and have not answered: suspects when the deadline passes.
  [[nodiscard]] std::vector<NodeId> silent() const;
  [[nodiscard]] bool finished() const { return state_ == State::Finished; }
  void check_invariants() const;

 private:
  enum class State : std::uint8_t {
    Created,
    Collecting,        // digests from all, the record from one
    Fetching,          // digests differed: whole records wanted
    Repairing,         // the merge is known; slots that lack it are written, the answer waits
    AwaitingNewerRow,  // a replica is ahead of our ring
    Draining,          // answered; late answers still repair
    Finished,
  };
  // ... the rest is the implementer's.
};

}  // namespace starling
