#pragma once

// Words for telling stories about quorum operations: nodes by number, records by their dots, and a
// look at what an operation asked for. No operation is driven by anything but its own events.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "ring/slot.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling::testing {

inline constexpr Instant kStart{std::chrono::seconds(100)};
inline constexpr Instant kPatienceEnds = kStart + std::chrono::milliseconds(50);
inline constexpr Instant kDeadline = kStart + std::chrono::seconds(5);

inline NodeId node(std::uint64_t number) {
  return NodeId{number};
}

// Slots 0 to `slots` - 1, all reachable but those in `down`.
inline ReplicaView view_of(std::uint64_t slots, const std::vector<std::uint64_t>& down = {},
                           std::uint64_t epoch = 1) {
  ReplicaView view{.epoch = Epoch{epoch}, .nodes = {}};
  for (std::uint64_t i = 0; i < slots; ++i) {
    const bool reachable = std::ranges::find(down, i) == down.end();
    view.nodes.push_back({.node = node(i), .reachable = reachable});
  }
  return view;
}

// Slots of nodes 0 and 1, which are settled, and of node 2, which is in another state; node 3 is
// its target if it moves.
inline ReplicaView view_with(SlotState state, const std::vector<std::uint64_t>& down = {},
                             std::uint64_t epoch = 1) {
  const bool moves = state == SlotState::Copying || state == SlotState::Switched;
  ReplicaView view = view_of(moves ? 4 : 3, down, epoch);
  for (std::uint64_t i = 0; i < 3; ++i) {
    const bool is_third = i == 2;
    view.row.push_back({.state = is_third ? state : SlotState::Settled,
                        .holder = node(i),
                        .target = is_third && moves ? node(3) : NodeId{},
                        .since = Epoch{1}});
  }
  return view;
}

// The n-th event of the actor named by a number.
inline Dot dot(std::uint64_t actor, std::uint64_t n) {
  return {.actor = {.incarnation = Incarnation{actor}, .lineage = 1}, .counter = n};
}

inline Sibling sibling(const Dot& at, const std::string& value) {
  Sibling written;
  written.dot = at;
  written.value = value;
  written.value_hash = hash_of_value(SiblingKind::Value, "", value);
  return written;
}

inline Sibling tombstone(const Dot& at) {
  Sibling written;
  written.dot = at;
  written.kind = SiblingKind::Tombstone;
  written.value_hash = hash_of_value(SiblingKind::Tombstone, "", "");
  return written;
}

inline VectorClock clock_of(const std::vector<Dot>& dots) {
  return VectorClock::of({}, dots);
}

// A record that has seen `seen` and the dots of `live`.
inline SiblingSet record_of(std::vector<Sibling> live, const std::vector<Dot>& seen = {}) {
  VectorClock clock = clock_of(seen);
  for (const Sibling& one : live) clock.add(one.dot);
  return {std::move(clock), std::move(live)};
}

inline ReplicaReadReply sound_reply(const SiblingSet& record, ReadWant want) {
  ReplicaReadReply reply;
  reply.outcome = ReplicaOutcome::Done;
  reply.epoch = Epoch{1};
  reply.digest = read_digest(record);
  reply.clock = record.clock();
  if (want == ReadWant::Record) reply.record = record;
  return reply;
}

inline ReplicaReadReply failed_reply(ReplicaOutcome outcome, std::uint64_t epoch = 1) {
  ReplicaReadReply reply;
  reply.outcome = outcome;
  reply.epoch = Epoch{epoch};
  return reply;
}

// The actions of one kind, in order.
template <typename Kind>
std::vector<Kind> all_of(const Actions& actions) {
  std::vector<Kind> found;
  for (const Action& action : actions) {
    if (const auto* const one = std::get_if<Kind>(&action)) found.push_back(*one);
  }
  return found;
}

template <typename Kind>
Kind only(const Actions& actions) {
  const std::vector<Kind> found = all_of<Kind>(actions);
  REQUIRE(found.size() == 1);
  return found.front();
}

template <typename Kind>
bool none(const Actions& actions) {
  return all_of<Kind>(actions).empty();
}

// Runs one event and returns what it asked for: did([&](Actions& out) { put.start(out); }).
template <typename Event>
Actions did(Event event) {
  Actions out;
  event(out);
  return out;
}

}  // namespace starling::testing
