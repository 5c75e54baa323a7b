#include "membership/boot_confirmation.h"

#include <cstddef>
#include <string>

#include "base/ids.h"
#include "message/peer_messages.h"

namespace starling {

BootConfirmation::BootConfirmation(BootAnnouncement own, std::size_t members, bool counted_before)
    : own_(own), needed_(counted_before ? members / 2 : members - 1) {
  // A majority of m members is m / 2 + 1, and this node is one of them.
  if (needed_ == 0) state_ = State::Counting;
}

void BootConfirmation::refuse(BootVerdict verdict) {
  refusal_ = verdict;
  state_ = State::Refused;
}

void BootConfirmation::on_reply(NodeId from, const BootReply& reply) {
  const bool about_this_start = reply.store == own_.store &&
                                reply.boot_sequence == own_.boot_sequence &&
                                reply.incarnation == own_.incarnation;
  if (!about_this_start || state_ == State::Refused) return;
  if (reply.verdict != BootVerdict::Confirmed) return refuse(reply.verdict);
  confirmed_by_.insert(from);
  if (confirmed_by_.size() >= needed_) state_ = State::Counting;
}

BootAnnouncement BootConfirmation::announcement() const {
  BootAnnouncement announcement = own_;
  announcement.counting = counting();
  return announcement;
}

std::string BootConfirmation::explanation() const {
  if (state_ == State::Counting) return {};
  if (state_ == State::Waiting) {
    return "the store is not confirmed yet: " + std::to_string(confirmed_by_.size()) + " of " +
           std::to_string(needed_) + " members have confirmed this start; start the others";
  }
  if (refusal_ == BootVerdict::RolledBack) {
    return "the data directory is older than the one this member last ran with: an earlier copy "
           "was "
           "put back. Its answers count for nothing. Restore the newest directory";
  }
  return "the data directory is not the one this member had before: it was emptied or replaced. "
         "Its "
         "answers count for nothing until it has been filled, which is not in this version. Put "
         "the "
         "old directory back";
}

BootVerdict judge_boot(const BootAnnouncement* remembered, const BootAnnouncement& announced) {
  if (remembered == nullptr) return BootVerdict::Confirmed;
  if (remembered->store != announced.store) return BootVerdict::AnotherStore;
  if (announced.boot_sequence > remembered->boot_sequence) return BootVerdict::Confirmed;
  const bool same_start = announced.boot_sequence == remembered->boot_sequence &&
                          announced.incarnation == remembered->incarnation;
  return same_start ? BootVerdict::Confirmed : BootVerdict::RolledBack;
}

}  // namespace starling
