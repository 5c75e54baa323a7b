#include "membership/boot_confirmation.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "message/peer_messages.h"
#include "ring/member.h"

namespace starling {

namespace {

// Of two members, at least one is neither mistaken nor lying; nor is this machine.
constexpr std::size_t kReportsToBeSure = 2;

}  // namespace

std::vector<Witness> witnesses_of(NodeId self, std::span<const RingMember> members) {
  std::vector<Witness> witnesses;
  for (const RingMember& member : members) {
    if (member.id != self) witnesses.push_back({.id = member.id, .name = member.name});
  }
  std::ranges::sort(witnesses, {}, &Witness::id);
  const auto first = std::ranges::upper_bound(witnesses, self, {}, &Witness::id);
  std::ranges::rotate(witnesses, first);
  return witnesses;
}

bool enough_witnesses(std::span<const Witness> witnesses, const std::set<NodeId>& confirmed_by) {
  if (witnesses.empty()) return true;
  const std::size_t twice = 2 * confirmed_by.size();
  if (twice > witnesses.size()) return true;
  return twice == witnesses.size() && confirmed_by.contains(witnesses.front().id);
}

StoreStanding standing_of(const BootAnnouncement& own, bool counted_before,
                          const BootAnnouncement* remembered) {
  const bool of_this_store = remembered != nullptr && remembered->store == own.store;
  if (of_this_store && judge_boot(remembered, own) == BootVerdict::RolledBack) {
    return StoreStanding::Overtaken;
  }
  if (!counted_before) return StoreStanding::Founding;
  // A start longer ago than the list goes back may be in it or not.
  const bool known =
      of_this_store && own.boot_sequence - remembered->boot_sequence <= own.earlier.size();
  return known ? StoreStanding::Continued : StoreStanding::Counted;
}

BootConfirmation::BootConfirmation(BootAnnouncement own, std::vector<Witness> witnesses,
                                   StoreStanding standing)
    : own_(std::move(own)), witnesses_(std::move(witnesses)), standing_(standing) {
  if (standing_ == StoreStanding::Overtaken) {
    refuse(BootVerdict::RolledBack);
  } else if (is_confirmed()) {
    state_ = State::Counting;
  }
}

bool BootConfirmation::is_confirmed() const {
  switch (standing_) {
    case StoreStanding::Founding:
      return confirmed_by_.size() == witnesses_.size();
    case StoreStanding::Joining:
      return false;
    case StoreStanding::Counted:
      return enough_witnesses(witnesses_, confirmed_by_);
    case StoreStanding::Continued:
      // With its own voice, which is worth something here: it is known to be no old copy.
      return 2 * (confirmed_by_.size() + 1) > witnesses_.size() + 1;
    case StoreStanding::Overtaken:
      return false;
  }
  return false;
}

void BootConfirmation::know_members(std::vector<Witness> witnesses) {
  if (standing_ != StoreStanding::Joining) return;
  standing_ = StoreStanding::Counted;
  witnesses_ = std::move(witnesses);
  if (state_ == State::Waiting && is_confirmed()) state_ = State::Counting;
}

void BootConfirmation::refuse(BootVerdict verdict) {
  refusal_ = verdict;
  state_ = State::Refused;
}

void BootConfirmation::on_named() {
  is_named_ = true;
  if (state_ == State::Refused && refusal_ == BootVerdict::AnotherStore) {
    refusal_ = BootVerdict::Confirmed;
    state_ = State::Waiting;
    confirmed_by_.clear();
  }
  if (state_ != State::Waiting) return;
  if (standing_ == StoreStanding::Founding) standing_ = StoreStanding::Counted;
  if (is_confirmed()) state_ = State::Counting;
}

void BootConfirmation::on_other_named() {
  is_named_ = false;
  if (state_ != State::Refused) refuse(BootVerdict::AnotherStore);
}

void BootConfirmation::on_reply(NodeId from, const BootReply& reply) {
  const bool about_this_start = reply.store == own_.store &&
                                reply.boot_sequence == own_.boot_sequence &&
                                reply.incarnation == own_.incarnation;
  const bool from_witness = std::ranges::find(witnesses_, from, &Witness::id) != witnesses_.end();
  if (!about_this_start || !from_witness) return;
  if (reply.verdict == BootVerdict::RolledBack) rolled_back_by_.insert(from);
  if (state_ == State::Refused) return;
  if (is_named_ && reply.verdict == BootVerdict::AnotherStore) {
    is_contradicted_ = true;
    return;
  }
  if (reply.verdict != BootVerdict::Confirmed) return refuse(reply.verdict);
  confirmed_by_.insert(from);
  if (is_confirmed()) state_ = State::Counting;
}

bool BootConfirmation::is_rolled_back_for_sure() const {
  const std::size_t of_this_machine = standing_ == StoreStanding::Overtaken ? 1 : 0;
  return refusal_ == BootVerdict::RolledBack &&
         rolled_back_by_.size() + of_this_machine >= kReportsToBeSure;
}

BootAnnouncement BootConfirmation::announcement() const {
  BootAnnouncement announcement = own_;
  announcement.counting = counting();
  return announcement;
}

std::string BootConfirmation::needed_words() const {
  switch (standing_) {
    case StoreStanding::Founding:
      return "all of them are needed the first time";
    case StoreStanding::Counted:
      return "more than half of them are needed, or half with '" + witnesses_.front().name +
             "' among them";
    case StoreStanding::Continued:
      return "half of them are needed";
    case StoreStanding::Joining:
    case StoreStanding::Overtaken:
      break;
  }
  return {};
}

std::string BootConfirmation::missing_names() const {
  std::string names;
  for (const Witness& witness : witnesses_) {
    if (confirmed_by_.contains(witness.id)) continue;
    names += (names.empty() ? "" : ", ") + witness.name;
  }
  return names;
}

std::string BootConfirmation::explanation() const {
  if (state_ == State::Counting) return {};
  if (state_ == State::Waiting && standing_ == StoreStanding::Joining) {
    return std::string(kWaitsToBeJoined);
  }
  if (state_ == State::Waiting) {
    return "the store is not confirmed yet: " + std::to_string(confirmed_by_.size()) + " of the " +
           std::to_string(witnesses_.size()) + " other members have confirmed this start; " +
           needed_words() + ". Start or reach: " + missing_names() +
           " (one whose disk is gone may start with an empty one)";
  }
  if (refusal_ == BootVerdict::RolledBack) {
    return "the data directory is older than the one this member last ran with: an earlier copy "
           "was put back. Its answers count for nothing. Restore the newest directory; when two "
           "members say so, this one is moved aside, and kept";
  }
  return "the data directory is not the one this member had before: it was emptied or replaced. "
         "Its answers count for nothing. An emptied one comes back by itself, and is filled from "
         "the other members, once a majority of the voters can be reached and has another copy of "
         "all; in the place of another one put the right directory back";
}

BootVerdict judge_boot(const BootAnnouncement* remembered, const BootAnnouncement& announced) {
  if (remembered == nullptr) return BootVerdict::Confirmed;
  if (remembered->store != announced.store) return BootVerdict::AnotherStore;
  if (announced.boot_sequence < remembered->boot_sequence) return BootVerdict::RolledBack;
  const std::uint64_t starts_since = announced.boot_sequence - remembered->boot_sequence;
  // A start longer ago than the list goes back can not be looked for: its number must do.
  if (starts_since > announced.earlier.size()) return BootVerdict::Confirmed;
  const Incarnation then =
      starts_since == 0 ? announced.incarnation : announced.earlier[starts_since - 1];
  return then == remembered->incarnation ? BootVerdict::Confirmed : BootVerdict::RolledBack;
}

}  // namespace starling
