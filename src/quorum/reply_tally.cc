#include "quorum/reply_tally.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/ids.h"

namespace starling {

ReplyTally::ReplyTally(std::uint32_t required, std::uint32_t synced_required,
                       std::uint32_t primaries_required)
    : required_(required),
      synced_required_(synced_required),
      primaries_required_(primaries_required) {}

void ReplyTally::expect(NodeId node) {
  const bool known = std::ranges::any_of(slots_, [&](const Slot& s) { return s.node == node; });
  if (!known) slots_.push_back({.node = node});
}

void ReplyTally::acknowledge(NodeId node, bool synced) {
  for (Slot& slot : slots_) {
    if (slot.node != node || slot.answer != Answer::Awaited) continue;
    slot.answer = synced ? Answer::Synced : Answer::Acknowledged;
  }
}

void ReplyTally::fail(NodeId node) {
  for (Slot& slot : slots_) {
    if (slot.node == node && slot.answer == Answer::Awaited) slot.answer = Answer::Failed;
  }
}

void ReplyTally::entrust(NodeId node) {
  for (Slot& slot : slots_) {
    if (slot.node == node && slot.answer == Answer::Awaited) slot.entrusted = true;
  }
}

bool ReplyTally::awaits(NodeId node) const {
  return std::ranges::any_of(
      slots_, [&](const Slot& s) { return s.node == node && s.answer == Answer::Awaited; });
}

Verdict ReplyTally::verdict() const {
  const std::uint32_t synced = count(Answer::Synced);
  const std::uint32_t awaited = count(Answer::Awaited);
  if (acknowledged() >= required_ && synced >= synced_required_ &&
      primaries() >= primaries_required_) {
    return Verdict::Reached;
  }
  const bool reachable = acknowledged() + awaited >= required_ &&
                         synced + awaited >= synced_required_ &&
                         primaries() + primaries_awaited() >= primaries_required_;
  return reachable ? Verdict::Pending : Verdict::Unreachable;
}

bool ReplyTally::all_answered() const {
  return count(Answer::Awaited) == 0;
}

std::uint32_t ReplyTally::acknowledged() const {
  return count(Answer::Acknowledged) + count(Answer::Synced);
}

std::uint32_t ReplyTally::primaries() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(slots_, [](const Slot& s) {
    return !s.entrusted && (s.answer == Answer::Acknowledged || s.answer == Answer::Synced);
  }));
}

std::uint32_t ReplyTally::primaries_awaited() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      slots_, [](const Slot& s) { return !s.entrusted && s.answer == Answer::Awaited; }));
}

std::string ReplyTally::describe() const {
  return std::to_string(acknowledged()) + " of " + std::to_string(required_) + " replicas answered";
}

void ReplyTally::restart() {
  slots_.clear();
}

std::uint32_t ReplyTally::count(Answer answer) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(slots_, [&](const Slot& s) { return s.answer == answer; }));
}

}  // namespace starling
