#include "quorum/reply_tally.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/assert.h"
#include "base/ids.h"
#include "ring/row_demand.h"
#include "ring/slot.h"

namespace starling {
namespace {

void count_one(RowCount& count, bool is_inner) {
  ++count.outer;
  count.inner += is_inner ? 1 : 0;
}

}  // namespace

ReplyTally::ReplyTally(const Demand& outer, const std::optional<Demand>& inner)
    : outer_(outer), inner_(inner) {}

void ReplyTally::expect(NodeId node) {
  STARLING_CHECK(!is_row_);
  const bool known = std::ranges::find(nodes_, node, &Node::node) != nodes_.end();
  if (!known) nodes_.push_back({.node = node});
}

void ReplyTally::expect(const SlotRow& row) {
  STARLING_CHECK(nodes_.empty());
  is_row_ = true;
  for (const Slot& slot : row) {
    Place place{.is_inner = is_inner(slot)};
    place.nodes.fill(static_cast<std::uint8_t>(nodes_.size()));
    for (const NodeId node : write_nodes(slot)) {
      place.nodes.back() = static_cast<std::uint8_t>(nodes_.size());
      nodes_.push_back({.node = node});
    }
    if (slot.state != SlotState::Vacant) places_.push_back(place);
  }
}

void ReplyTally::acknowledge(NodeId node, bool synced) {
  for (Node& one : nodes_) {
    if (one.node != node || one.answer != Answer::Awaited) continue;
    one.answer = synced ? Answer::Synced : Answer::Acknowledged;
  }
}

void ReplyTally::fail(NodeId node) {
  for (Node& one : nodes_) {
    if (one.node == node && one.answer == Answer::Awaited) one.answer = Answer::Failed;
  }
}

void ReplyTally::entrust(NodeId node) {
  for (Node& one : nodes_) {
    if (one.node == node && one.answer == Answer::Awaited) one.entrusted = true;
  }
}

bool ReplyTally::awaits(NodeId node) const {
  return std::ranges::any_of(
      nodes_, [&](const Node& one) { return one.node == node && one.answer == Answer::Awaited; });
}

Verdict ReplyTally::verdict() const {
  const Count now = count();
  const auto is_met = [](const Demand& demand, std::uint32_t acknowledged, std::uint32_t synced,
                         std::uint32_t primaries) {
    return acknowledged >= demand.required && synced >= demand.synced &&
           primaries >= demand.primaries;
  };
  const bool reached =
      is_met(outer_, now.acknowledged.outer, now.synced.outer, now.primaries.outer) &&
      (!inner_ || is_met(*inner_, now.acknowledged.inner, now.synced.inner, now.primaries.inner));
  if (reached) return Verdict::Reached;
  const bool reachable = is_met(outer_, now.acknowledged.outer + now.awaited.outer,
                                now.synced.outer + now.awaited.outer,
                                now.primaries.outer + now.primaries_awaited.outer) &&
                         (!inner_ || is_met(*inner_, now.acknowledged.inner + now.awaited.inner,
                                            now.synced.inner + now.awaited.inner,
                                            now.primaries.inner + now.primaries_awaited.inner));
  return reachable ? Verdict::Pending : Verdict::Unreachable;
}

bool ReplyTally::all_answered() const {
  return std::ranges::find(nodes_, Answer::Awaited, &Node::answer) == nodes_.end();
}

std::uint32_t ReplyTally::acknowledged() const {
  return count().acknowledged.outer;
}

std::uint32_t ReplyTally::primaries() const {
  return count().primaries.outer;
}

// Of two demands, the one that is missed.
std::string ReplyTally::describe() const {
  const RowCount acknowledged = count().acknowledged;
  const bool inner_lacks = inner_ && acknowledged.inner < inner_->required;
  return std::to_string(inner_lacks ? acknowledged.inner : acknowledged.outer) + " of " +
         std::to_string(inner_lacks ? inner_->required : outer_.required) + " replicas answered";
}

void ReplyTally::restart() {
  nodes_.clear();
  places_.clear();
  is_row_ = false;
}

void ReplyTally::restart(const Demand& outer, const std::optional<Demand>& inner) {
  outer_ = outer;
  inner_ = inner;
  restart();
}

void ReplyTally::Count::add(const Node& slot, bool is_inner) {
  const bool is_primary = !slot.entrusted;
  if (slot.answer == Answer::Awaited) {
    count_one(awaited, is_inner);
    if (is_primary) count_one(primaries_awaited, is_inner);
  } else if (slot.answer != Answer::Failed) {
    count_one(acknowledged, is_inner);
    if (is_primary) count_one(primaries, is_inner);
    if (slot.answer == Answer::Synced) count_one(synced, is_inner);
  }
}

ReplyTally::Count ReplyTally::count() const {
  Count result;
  if (!is_row_) {
    for (const Node& node : nodes_) result.add(node, true);
  }
  for (const Place& place : places_) result.add(said_by(place), place.is_inner);
  return result;
}

// What two nodes said together is what the one said that says least: nothing good once one failed,
// nothing final while one is awaited, and on disk only if both are.
ReplyTally::Node ReplyTally::said_by(const Place& place) const {
  const Node& one = nodes_[place.nodes.front()];
  const Node& other = nodes_[place.nodes.back()];
  const auto either = [&](Answer answer) { return one.answer == answer || other.answer == answer; };
  Node both{.node = one.node, .entrusted = one.entrusted || other.entrusted};
  const bool one_is_enough =
      one_of_two_ && (either(Answer::Acknowledged) || either(Answer::Synced));
  if (one_is_enough) {
    both.answer = Answer::Acknowledged;
  } else if (either(Answer::Failed)) {
    both.answer = Answer::Failed;
  } else if (either(Answer::Awaited)) {
    both.answer = Answer::Awaited;
  } else {
    both.answer = either(Answer::Acknowledged) ? Answer::Acknowledged : Answer::Synced;
  }
  return both;
}

}  // namespace starling
