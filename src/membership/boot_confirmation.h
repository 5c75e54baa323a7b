#pragma once

// BootConfirmation: whether this node's store may count. A directory that was emptied, replaced or
// put back from a copy looks healthy to its owner; only the others can tell. So every start is
// announced to the members, who remember it durably, and until enough of them confirm it the node
// stores what it is sent but mints nothing and counts for nothing.
//
//   Waiting   -> Counting  a founding store: every other member confirmed (fewer could not be sure
//                          that none of them remembers an older store);
//                          a store that counted before: enough_witnesses() confirmed;
//                          one that has the last start which this machine remembers: a majority
//                          of the members
//                          one that was joined to a cluster: as one that counted before, once it
//                          knows the members. It never founded anything, so nobody can remember a
//                          store that it had before the others knew it by this one
//   Waiting   -> Refused   a member remembers another store, or a start that this one lacks
//   Counting  -> Refused   likewise, heard late
//   Refused   -> Waiting   as another store, and all have agreed since that it is the member's
//   (a store that lacks the last start which this machine remembers is Refused from the beginning)
//
// Why these are enough, and why fewer are not, stands in README.md.

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "message/peer_messages.h"
#include "ring/member.h"

namespace starling {

// Another member, as the one who may remember our starts.
struct Witness {
  NodeId id;
  std::string name;  // for people
};

// The members other than `self` in the order in which they are its witnesses: cyclic, by id, from
// the one behind it. So each member has another first witness, and none is everybody's.
[[nodiscard]] std::vector<Witness> witnesses_of(NodeId self, std::span<const RingMember> members);

// Whether these confirmations are enough for a store that counted before: more than half of the
// witnesses, or half of them with the first one among them. Any two such sets have a witness in
// common. This node's own voice does not count: a store that was put back remembers nothing.
[[nodiscard]] bool enough_witnesses(std::span<const Witness> witnesses,
                                    const std::set<NodeId>& confirmed_by);

// For people, of a node that nobody has joined to a cluster yet.
inline constexpr std::string_view kWaitsToBeJoined =
    "this node waits to be joined to a cluster: say 'cluster join' with its address to one of the "
    "members, then 'cluster commit'";

// What this node itself can tell of its store, before anybody has confirmed it.
enum class StoreStanding : std::uint8_t {
  Founding,   // it never counted
  Joining,    // likewise, and it does not know the members yet: nothing confirms it
  Counted,    // it counted before; for all this node knows it may be an old copy
  Continued,  // it counted before, and has the last start that this machine remembers of it
  Overtaken,  // this machine remembers a start that it lacks: it is an old copy
};
// `remembered`: the last start of this member's store that counted, from a memory which no copy of
// the store can bring along; nullptr: there is none.
[[nodiscard]] StoreStanding standing_of(const BootAnnouncement& own, bool counted_before,
                                        const BootAnnouncement* remembered);

class BootConfirmation {
 public:
  enum class State : std::uint8_t { Waiting, Counting, Refused };

  // `witnesses`: as witnesses_of() orders them.
  BootConfirmation(BootAnnouncement own, std::vector<Witness> witnesses, StoreStanding standing);

  // Of a store that joins: who the members are, now that it is one of them. Those of them that have
  // confirmed it before must be told of it again.
  void know_members(std::vector<Witness> witnesses);
  // The store was refused at an earlier start: nothing confirms it any more.
  void refuse(BootVerdict verdict);
  // All have agreed that this store is the member's: it stands like one that counted before, and
  // who still remembers another one is behind, and says nothing. Heard at every agreement.
  void on_named();
  // They have agreed on another one.
  void on_other_named();
  // A verdict on another start of this node (a late message) is ignored.
  void on_reply(NodeId from, const BootReply& reply);
  // Two members, or one and this machine, remember starts that this store lacks: it is an old copy
  // beyond doubt, and must make room. The word of one only stops it, for one may be mistaken or
  // lie.
  [[nodiscard]] bool is_rolled_back_for_sure() const;

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] StoreStanding standing() const { return standing_; }
  // Why it is refused; Confirmed while it is not.
  [[nodiscard]] BootVerdict refusal() const { return refusal_; }
  [[nodiscard]] bool counting() const { return state_ == State::Counting; }
  // Somebody who is behind said otherwise since the start was announced to those who have not
  // confirmed it: it must be announced again.
  [[nodiscard]] bool is_contradicted() const { return is_contradicted_; }
  void on_announced_again() { is_contradicted_ = false; }
  [[nodiscard]] bool is_confirmed_by(NodeId member) const { return confirmed_by_.contains(member); }
  // What is said to a peer on a new connection.
  [[nodiscard]] BootAnnouncement announcement() const;
  // For people; empty when counting.
  [[nodiscard]] std::string explanation() const;

 private:
  [[nodiscard]] bool is_confirmed() const;
  [[nodiscard]] std::string needed_words() const;
  [[nodiscard]] std::string missing_names() const;

  BootAnnouncement own_;
  std::vector<Witness> witnesses_;
  StoreStanding standing_;
  std::set<NodeId> confirmed_by_;
  std::set<NodeId> rolled_back_by_;  // who of the members said so
  BootVerdict refusal_ = BootVerdict::Confirmed;
  State state_ = State::Waiting;
  bool is_named_ = false;  // by the agreed configuration that this node knows
  bool is_contradicted_ = false;
};

// The other side: the verdict on `announced`, given the start that is remembered of that member
// (nullptr: never met). A later start must descend from the remembered one. Confirmed may only be
// said once the announcement is durably remembered.
[[nodiscard]] BootVerdict judge_boot(const BootAnnouncement* remembered,
                                     const BootAnnouncement& announced);

}  // namespace starling
