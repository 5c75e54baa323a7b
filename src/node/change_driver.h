#pragma once

// ChangeDriver: takes the configuration towards its aims: step by step, as far as this node knows
// that the guards are met, by its own fillings and by what the others have told that they adopted.
// Every member drives; there is no leader. Who has something to say that others can not know, and
// one more, propose about once a second; the others come in after a while, if nothing happens.
// Steps that became possible in between go into one epoch.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "starling/status.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/adoption_board.h"
#include "membership/boot_confirmation.h"
#include "membership/peer_table.h"
#include "message/chain_messages.h"
#include "node/chain_service.h"
#include "node/fill_service.h"
#include "node/handoff_service.h"
#include "node/old_copy_service.h"
#include "ring/configuration.h"
#include "ring/succession.h"

namespace starling {

class ChangeDriver {
 public:
  struct Neighbours {
    ChainService& chain;
    const FillService& fills;
    const PeerTable& peers;
    const BootConfirmation& confirmation;
    const StoreIdentity& identity;
    const HandoffService& handoff;
    const OldCopyService& copies;
    NodeId self;
    Log& log;
    PlantedBug planted = PlantedBug::None;
  };
  struct Options {
    // In which steps are collected, more or less: proposers must not fall over each other.
    Duration pause = std::chrono::seconds(1);
    // Whose turn it is not waits for so long without a new epoch.
    Duration stand_by = std::chrono::seconds(5);
    // Behind a proposal that was refused here.
    Duration refused_pause = std::chrono::seconds(5);
    // A move whose target was away for so long is given up.
    Duration move_patience = std::chrono::seconds(60);
  };

  ChangeDriver(const Neighbours& neighbours, const Options& options, Random random, Instant now);

  // Any letter of the chain: one kind tells what its sender has adopted.
  void on_letter(NodeId from, const ChainLetter& letter);
  // Looks whether another configuration was adopted; asked after each event.
  void collect(Instant now);
  void on_timer(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const { return next_; }

  // What this node could prove now, of the rows that are under way.
  [[nodiscard]] ProposalEvidence evidence() const;

 private:
  void work(Instant now);
  void propose(Instant now);
  void note_steps(const Configuration& after) const;
  // Those who stand in a row that is under way with this node must know what it has adopted.
  void tell_companions() const;
  [[nodiscard]] std::vector<NodeId> given_up(Instant now);
  // Members that leave and are not let go by this node: each is by itself, once it keeps no hint
  // that a write was acknowledged by and no copy of what is others', for nobody else can tell.
  [[nodiscard]] std::vector<NodeId> kept() const;
  [[nodiscard]] bool is_its_turn(Instant now) const;
  [[nodiscard]] bool is_member() const;

  Neighbours neighbours_;
  Options options_;
  Random random_;
  AdoptionBoard board_;
  Epoch epoch_;  // that was adopted at
  Instant epoch_since_;
  std::map<NodeId, Instant> down_since_;  // of the targets of moves
  Instant held_until_;                    // nothing is proposed before
  std::string last_refusal_;
  std::optional<Instant> next_;
};

}  // namespace starling
