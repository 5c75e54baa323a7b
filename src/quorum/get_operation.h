#pragma once

// GetOperation: one get. The record comes from one slot, digests and clocks from all the others at
// once; the answer goes out when R sound answers agree. If they differ, the differing records are
// fetched and merged, and the merge is written back (read repair, Dynamo section 5) to as many
// slots as protect it from a later read that sees less: before the answer at a majority or more,
// behind it below. Repair never fails a read that met R.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "quorum/read_evidence.h"
#include "quorum/read_repair.h"
#include "version/vector_clock.h"

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
  // Everything heard so far is discarded: answers of two rows are never added up. What is sent from
  // here on travels under a new OperationId, so that late answers of the old row do not reach it.
  // `quorum`: what the levels mean there; nothing: that row can not honour them.
  void on_newer_row(const std::optional<ReadQuorum>& quorum, ReplicaView replicas, Actions& out);
  void on_timer(Instant now, Actions& out);

  // Slots that were asked and have not answered: suspects when a timer fires. Ask before on_timer.
  [[nodiscard]] std::vector<NodeId> silent() const;
  // What the merged record holds in memory, about.
  [[nodiscard]] std::size_t record_bytes() const;
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

  void begin(Actions& out);
  void ask(const std::vector<NodeId>& nodes, ReadWant want, ReadCause cause, Actions& out);
  void write(const std::vector<NodeId>& slots, Actions& out);

  void settle(Actions& out);
  void settle_reading(Actions& out);
  void settle_repairing(Actions& out);
  void settle_draining(Actions& out);
  void ask_for_records(Actions& out);
  void conclude(Actions& out);
  void answer(Actions& out);
  void answer_unavailable(const std::string& why, Actions& out);

  void on_deadline(Actions& out);
  void on_repair_timer(Instant now, Actions& out);
  [[nodiscard]] Instant next_timer() const;

  [[nodiscard]] bool is_reading() const;
  [[nodiscard]] bool can_get_a_record() const;
  [[nodiscard]] bool covers_session() const;
  [[nodiscard]] bool may_be_protected_by_waiting() const;
  [[nodiscard]] ReadRepairPlan plan() const;
  [[nodiscard]] ReplyCounts counts() const;
  [[nodiscard]] std::string shortage() const;

  Request request_;
  ReplicaView replicas_;
  ReadEvidence evidence_;
  bool out_of_patience_ = false;
  std::optional<Instant> repair_until_;
  bool met_large_record_ = false;
  bool answered_ = false;
  State state_ = State::Created;
};

}  // namespace starling
