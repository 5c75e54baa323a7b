#pragma once

// BootConfirmation: whether this node's store may count. A directory that was emptied, replaced or
// put back from a copy looks healthy to its owner; only the others can tell. So every start is
// announced to the members, who remember it durably, and until enough of them confirm it the node
// stores what it is sent but mints nothing and counts for nothing.
//
//   Waiting   -> Counting  a founding store: every other member confirmed (no two could otherwise
//   be
//                          sure that none of them remembers an older store);
//                          a store that counted before: a majority of the members, itself included
//   Waiting   -> Refused   a member remembers another store, or a later start of this one
//   Counting  -> Refused   likewise, heard late

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "base/ids.h"
#include "message/peer_messages.h"

namespace starling {

class BootConfirmation {
 public:
  enum class State : std::uint8_t { Waiting, Counting, Refused };

  // `members`: of the cluster, this node included. `counted_before`: this store was confirmed by
  // all founders once.
  BootConfirmation(BootAnnouncement own, std::size_t members, bool counted_before);

  // The store was refused at an earlier start: nothing confirms it any more.
  void refuse(BootVerdict verdict);
  // A verdict on another start of this node (a late message) is ignored.
  void on_reply(NodeId from, const BootReply& reply);

  [[nodiscard]] State state() const { return state_; }
  // Why it is refused; Confirmed while it is not.
  [[nodiscard]] BootVerdict refusal() const { return refusal_; }
  [[nodiscard]] bool counting() const { return state_ == State::Counting; }
  // What is said to a peer on a new connection.
  [[nodiscard]] BootAnnouncement announcement() const;
  // For people; empty when counting.
  [[nodiscard]] std::string explanation() const;

 private:
  BootAnnouncement own_;
  std::size_t needed_;  // other members that must confirm
  std::set<NodeId> confirmed_by_;
  BootVerdict refusal_ = BootVerdict::Confirmed;
  State state_ = State::Waiting;
};

// The other side: the verdict on `announced`, given the start that is remembered of that member
// (nullptr: never met). Confirmed may only be said once the announcement is durably remembered.
[[nodiscard]] BootVerdict judge_boot(const BootAnnouncement* remembered,
                                     const BootAnnouncement& announced);

}  // namespace starling
