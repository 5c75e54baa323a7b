#pragma once

// EpochAcceptor: one voter's side of single-decree Paxos (Lamport, "Paxos Made Simple"), for the
// instance of one epoch. Whether it may vote at all, and whether a value is a valid successor, is
// for its owner to ask before. A vote leaves when it is durable: a promise that a crash forgets is
// how two values get decided.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/planted_bug.h"
#include "membership/chain_actions.h"
#include "message/chain_messages.h"

namespace starling {

class EpochAcceptor {
 public:
  // `durable`: what was persisted last, on the disk `store`.
  EpochAcceptor(StoreId store, VoteRecord durable, PlantedBug planted = PlantedBug::None);

  // The instance of a later epoch begins; earlier votes are of no use to anyone, for that epoch's
  // predecessor is durably adopted here. REQUIRES: epoch > the current one, or equal.
  void begin(Epoch epoch);

  // REQUIRES for both: the message is of this epoch.
  void on_prepare(NodeId from, const ChainPrepare& prepare, ChainActions& out);
  void on_accept(NodeId from, const ChainAccept& accept, ChainActions& out);
  void on_persisted(std::uint64_t number, ChainActions& out);

  [[nodiscard]] const VoteRecord& vote() const { return vote_; }
  void check_invariants() const;

  // Votes that wait for the disk; beyond, a message is dropped as the network might have.
  static constexpr std::size_t kWaitingMax = 64;

  friend bool operator==(const EpochAcceptor&, const EpochAcceptor&) = default;

 private:
  struct Waiting {
    std::uint64_t number = 0;
    NodeId to;
    ChainMessage message;
    friend bool operator==(const Waiting&, const Waiting&) = default;
  };

  void answer(NodeId to, ChainMessage message, bool changed, ChainActions& out);

  StoreId store_;
  PlantedBug planted_;
  VoteRecord vote_;            // with what is on its way to the disk
  std::uint64_t asked_ = 0;    // the number of the last Persist
  std::uint64_t durable_ = 0;  // the last that is done
  std::vector<Waiting> waiting_;
};

}  // namespace starling
