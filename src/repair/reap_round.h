#pragma once

// ReapRound: one attempt to make all replicas of a partition forget some tombstones, or shorten
// some clocks, together: the initiator's side. It asks all slot owners and all hint holders; one
// no, or silence, and nothing is deleted anywhere. Rounds of several initiators may collide: the
// fence lets one of them through. Why it is safe, and what goes wrong without each rule: README.md.
//
//   Created    -> Asking
//   Asking     -> Committing  everybody is willing, and some keys have the yes of all owners
//   Asking     -> Finished    a no, a vote that does not fit, or the deadline: nothing was done
//   Committing -> Finished    every owner answered, or the deadline: who missed it keeps its
//   records

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "message/repair_messages.h"

namespace starling {

struct SendReapPrepare {
  std::vector<NodeId> to;
  ReapPrepare prepare;
};
struct SendReapCommit {
  std::vector<NodeId> to;
  ReapCommit commit;
};
// The key is absent at `to`, which can not vote for it: send it the tombstone, and ask again in a
// later round.
struct SendMissingRecord {
  NodeId to;
  KeyAddress address;
};
struct ArmReapTimer {
  Instant at;
};

using ReapAction = std::variant<SendReapPrepare, SendReapCommit, SendMissingRecord, ArmReapTimer>;
using ReapActions = std::vector<ReapAction>;

enum class ReapEnd : std::uint8_t {
  Unfinished = 0,
  Committed = 1,    // decided; `committed_owners` says who confirmed
  Refused = 2,      // somebody said no
  NothingLeft = 3,  // no key had the yes of every owner
  Silence = 4,      // somebody did not answer
};

struct ReapOutcome {
  ReapEnd end = ReapEnd::Unfinished;
  std::size_t keys = 0;  // that were committed
  std::size_t committed_owners = 0;
  NodeId because_of;  // who refused or was silent
};

class ReapRound {
 public:
  struct Options {
    ReapBatch batch;
    // Every node that may hold hints of the partition: the designated ones, and each that was one
    // since the last round that committed. An owner needs not stand here again.
    std::vector<NodeId> hint_holders;
    Duration patience = std::chrono::seconds(5);  // for all votes, and again for all confirmations
  };

  // REQUIRES: at least one owner; 1 to kReapKeysMax candidates.
  explicit ReapRound(Options options);

  void start(Instant now, ReapActions& out);
  void on_vote(NodeId from, const ReapVote& vote, Instant now, ReapActions& out);
  void on_commit_reply(NodeId from, const ReapCommitReply& reply);
  // A connection is gone: the same as its silence, only sooner.
  void on_peer_down(NodeId node);
  void on_timer(Instant now);

  [[nodiscard]] bool finished() const { return state_ == State::Finished; }
  [[nodiscard]] const ReapOutcome& outcome() const { return outcome_; }
  void check_invariants() const;

 private:
  enum class State : std::uint8_t { Created, Asking, Committing, Finished };

  [[nodiscard]] bool is_owner(NodeId node) const;
  // Whether it speaks for the start that was asked, about the keys that were asked.
  [[nodiscard]] bool fits(NodeId from, const ReapVote& vote) const;
  void count_keys(NodeId from, const ReapVote& vote, ReapActions& out);
  void settle(Instant now, ReapActions& out);
  void finish(ReapEnd end, NodeId because_of);
  [[nodiscard]] std::vector<NodeId> owners() const;

  Options options_;
  State state_ = State::Created;
  Instant deadline_;
  std::set<NodeId> awaited_;  // votes, then confirmations
  std::vector<bool> agreed_;  // one a candidate: nobody has said anything else than yes
  ReapOutcome outcome_;
};

}  // namespace starling
