#pragma once

// PutOperation: one put at the owner that mints it, from counting the reachable slots to the last
// replica's answer (Dynamo, section 4.5). Nothing is minted unless enough slots can be reached and
// have room, so that "unavailable" and "disk full" always mean that nothing was applied; once
// minted, every failure is in doubt.

#include <cstdint>
#include <optional>

#include "starling/status.h"

#include "base/ids.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "quorum/reply_tally.h"
#include "version/minter.h"
#include "version/sibling_set.h"

namespace starling {

class PutOperation {
 public:
  struct Request {
    NodeId self;
    WriteQuorum quorum;
    SiblingKind kind = SiblingKind::Value;
    VectorClock context;
    Instant deadline;
    PlantedBug planted = PlantedBug::None;
  };

  // REQUIRES: `request.self` is one of the slots.
  PutOperation(Request request, ReplicaView replicas);

  void start(Actions& out);
  // The mint's answers. `siblings`: live values in the minter's record.
  void on_minted(Minted minted, std::uint32_t siblings, Actions& out);
  void on_mint_refused(Status why, Actions& out);
  // `epoch`: of the replica's ring; StaleRow with a later one than ours discards the tally and
  // waits for on_newer_row.
  void on_reply(NodeId from, ReplicaOutcome outcome, bool synced, Epoch epoch, Actions& out);
  void on_peer_down(NodeId node, Actions& out);
  // The ring changed. The same delta goes out again and the tally begins from zero; nothing is
  // minted a second time. What is sent from here on travels under a new OperationId, so that late
  // answers to what went out before are not taken for answers of the new row.
  void on_newer_row(ReplicaView replicas, Actions& out);
  void on_timer(Instant now, Actions& out);

  [[nodiscard]] bool finished() const { return state_ == State::Finished; }
  void check_invariants() const;

 private:
  enum class State : std::uint8_t {
    Created,
    Minting,
    AwaitingReplicas,
    AwaitingNewerRow,
    Draining,
    Finished,
  };

  // Whether the delta goes to our own replica too: at first it is there already, by the mint.
  enum class Resend : std::uint8_t { ToOthers, ToAll };

  // Whether the slot can be reached and has room for this write.
  [[nodiscard]] std::uint32_t writable_slots() const;
  [[nodiscard]] bool takes_it(const ReplicaView::Slot& slot) const;
  void replicate(Resend resend, Actions& out);
  void await_newer_row(NodeId from, Actions& out);
  void settle(Actions& out);
  void answer_success(Actions& out);
  void answer_in_doubt(Actions& out);
  void refuse(Status why, std::uint32_t reachable, Actions& out);
  void refuse_crowded(Actions& out);
  [[nodiscard]] ReplyCounts counts() const;

  Request request_;
  ReplicaView replicas_;
  ReplyTally tally_;
  std::optional<Minted> minted_;
  std::uint32_t siblings_ = 0;
  bool answered_ = false;
  State state_ = State::Created;
};

}  // namespace starling
