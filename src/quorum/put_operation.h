#pragma once

// PutOperation: one put at the owner that mints it, from counting the reachable slots to the last
// replica's answer (Dynamo, section 4.5). Nothing is minted unless enough slots can be reached, so
// that "unavailable" always means that nothing was applied; once minted, every failure is in doubt.

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "quorum/actions.h"
#include "quorum/quorum_spec.h"
#include "quorum/reply_tally.h"
#include "version/minter.h"

namespace starling {

class PutOperation {
 public:
  struct Request {
    NodeId self;
    WriteQuorum quorum;
    VectorClock context;
    Instant deadline;
    PlantedBug planted = PlantedBug::None;
  };

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
  // minted a second time.
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

  void replicate(Actions& out);
  void settle(Actions& out);
  void answer_in_doubt(const char* why, Actions& out);
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
