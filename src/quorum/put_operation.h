#pragma once

// PutOperation: one put at the owner that mints it, from counting the reachable slots to the last
// replica's answer (Dynamo, section 4.5). Nothing is minted unless enough slots can be reached and
// have room, so that "unavailable" and "disk full" always mean that nothing was applied; once
// minted, every failure is in doubt.
//
// What a home does not take is kept for it elsewhere (section 4.6). Strict: as a hint of best
// effort, which no answer waits for. Sloppy: another node stands in for the home, and its hint
// counts like the home's answer, but for PW; each stands in for one home, so that W copies are on W
// nodes.

#include <cstdint>
#include <optional>
#include <vector>

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
    bool sloppy = false;
    PlantedBug planted = PlantedBug::None;
  };

  // REQUIRES: `request.self` is one of the nodes.
  PutOperation(Request request, ReplicaView replicas);

  void start(Actions& out);
  // The mint's answers. `siblings`: live values in the minter's record.
  void on_minted(Minted minted, std::uint32_t siblings, Actions& out);
  void on_mint_refused(Status why, Actions& out);
  // `epoch`: of the replica's ring; StaleRow with a later one than ours discards the tally and
  // waits for on_newer_row.
  void on_reply(NodeId from, ReplicaOutcome outcome, bool synced, Epoch epoch, Actions& out);
  // A stand-in's, about a hint that counts.
  void on_hint_reply(NodeId from, ReplicaOutcome outcome, bool synced, Actions& out);
  void on_peer_down(NodeId node, Actions& out);
  // Nobody will tell it of late answers any more: what is missing is kept for its homes.
  // REQUIRES: it was answered.
  void on_given_up(Actions& out);
  // The ring changed. The same delta goes out again and the tally begins from zero; nothing is
  // minted a second time. What is sent from here on travels under a new OperationId, so that late
  // answers to what went out before are not taken for answers of the new row. `quorum`: what the
  // levels mean there; nothing: that row can not honour them, and the put is in doubt.
  void on_newer_row(const std::optional<WriteQuorum>& quorum, ReplicaView replicas, Actions& out);
  void on_timer(Instant now, Actions& out);

  // Nodes that were sent it and have not answered, and for which nobody stands in. Ask before
  // on_timer.
  [[nodiscard]] std::vector<NodeId> silent() const;
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

  // A node that stands in for a home.
  struct StandIn {
    NodeId node;
    NodeId home;
    bool failed = false;
  };

  // Before the mint: how many slots there are whose nodes are all fit for the write.
  enum class Fitness : std::uint8_t { Reachable, Roomy, Uncrowded };
  struct Prospect {
    RowCount homes;           // by their own nodes
    RowCount with_stand_ins;  // those included that stand-ins make up for
  };
  [[nodiscard]] Prospect prospect(Fitness fitness) const;
  [[nodiscard]] bool is_too_few(const Prospect& prospect) const;
  // "1 of 2": of two demands, the one that is missed.
  [[nodiscard]] std::string shortage(const Prospect& prospect) const;
  [[nodiscard]] bool is_fit(const ReplicaView::Node& node, Fitness fitness) const;
  // Whether the node can be reached and has room for this write.
  [[nodiscard]] bool takes_it(const ReplicaView::Node& node) const;
  // The home does not take it, or says nothing.
  void miss(NodeId home, Actions& out);
  void miss_all_silent(Actions& out);
  [[nodiscard]] StandIn* stand_in_at(NodeId node);
  [[nodiscard]] bool is_stood_in_for(NodeId home) const;
  [[nodiscard]] std::optional<NodeId> unused_stand_in() const;
  void replicate(Resend resend, Actions& out);
  void expect_all();
  void await_newer_row(NodeId from, Actions& out);
  void settle(Actions& out);
  void answer_success(Actions& out);
  void answer_in_doubt(Actions& out);
  void refuse(Status why, std::uint32_t reachable, Actions& out);
  void refuse_crowded(const Prospect& prospect, Actions& out);
  [[nodiscard]] ReplyCounts counts() const;

  Request request_;
  ReplicaView replicas_;
  ReplyTally tally_;
  std::optional<Minted> minted_;
  std::vector<StandIn> stand_ins_;  // at most one for each of ReplicaView::stand_ins
  std::uint32_t siblings_ = 0;
  bool answered_ = false;
  State state_ = State::Created;
};

}  // namespace starling
