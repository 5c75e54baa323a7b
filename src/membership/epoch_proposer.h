#pragma once

// EpochProposer: the other side of single-decree Paxos. Any member may run one; two at a time get
// in each other's way and nothing worse, and back off for random times.
//
//   Idle       -> Preparing            start
//   Preparing  -> Accepting            a quorum promised: the value of the highest ballot among
//                                      what they accepted is proposed, the own one if there is none
//   Accepting  -> Decided              a quorum accepted
//   Preparing, Accepting -> Resting    another ballot has the promise, or nobody answers in time
//   Resting    -> Preparing            the back-off is over: a higher ballot
//   any        -> Idle                 cancel: the epoch was decided elsewhere
//
// An answer counts only from the disk that the voter was named with: a voter that lost its disk has
// forgotten what it promised. The founders of a cluster are not known by their disks yet; they all
// have to answer, and each from one disk in both rounds.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "membership/chain_actions.h"
#include "message/chain_messages.h"
#include "ring/configuration.h"

namespace starling {

struct ProposerTimes {
  // A round of two messages and two syncs; ten times what a slow disk and a far node take.
  Duration round{std::chrono::seconds(1)};
  // The first rest is below this, each further one below twice as much, up to 32 times.
  Duration rest{std::chrono::milliseconds(200)};
};

class EpochProposer {
 public:
  enum class State : std::uint8_t { Idle, Preparing, Accepting, Decided, Resting };

  // Who decides an epoch. `founding`: all of them, on whatever disk.
  struct Electorate {
    Epoch epoch;
    std::vector<Voter> voters;
    bool founding = false;
    [[nodiscard]] std::size_t quorum() const {
      return founding ? voters.size() : voters.size() / 2 + 1;
    }
  };
  // Makes the own value, once it is known who promised, and on which disk.
  using DrawUp = std::function<ChainValue(const std::vector<Voter>& promised)>;

  EpochProposer(NodeId self, Incarnation incarnation, Random random, ProposerTimes times = {});

  // REQUIRES: idle, or decided.
  void start(Electorate electorate, DrawUp draw_up, Instant now, ChainActions& out);
  void cancel();

  void on_promise(NodeId from, const ChainPromise& promise, Instant now, ChainActions& out);
  void on_accepted(NodeId from, const ChainAccepted& accepted);
  void on_reject(NodeId from, const ChainReject& reject, Instant now, ChainActions& out);
  void on_timer(Instant now, ChainActions& out);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Ballot ballot() const { return ballot_; }
  // REQUIRES: decided.
  [[nodiscard]] const ChainValue& decided() const;
  // All that decides what comes next, in one line; two that say the same behave the same.
  [[nodiscard]] std::string describe() const;
  void check_invariants() const;

 private:
  void prepare(Instant now, ChainActions& out);
  void rest(Instant now, ChainActions& out);
  void send_to_voters(const ChainMessage& message, ChainActions& out) const;
  [[nodiscard]] bool counts(NodeId from, StoreId store) const;
  [[nodiscard]] bool is_current(Epoch epoch, const Ballot& ballot) const;

  NodeId self_;
  Incarnation incarnation_;
  Random random_;
  ProposerTimes times_;
  State state_ = State::Idle;
  Electorate electorate_;
  DrawUp draw_up_;
  Ballot ballot_;
  std::uint64_t highest_seen_ = 0;       // counter of any ballot heard of
  unsigned rests_ = 0;                   // in a row
  Instant deadline_{};                   // of the round, or of the rest
  std::map<NodeId, StoreId> promised_;   // this ballot's
  std::map<NodeId, StoreId> accepted_;   // this ballot's
  std::optional<AcceptedValue> newest_;  // accepted before, by those who promised
  ChainValue value_;                     // from Accepting on
};

}  // namespace starling
