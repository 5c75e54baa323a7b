#pragma once

// EpochGossip: when a node tells which other ones at which epoch it is, and when it asks for or
// hands out the configuration itself. What is told is a number of a few bytes; whoever is behind
// asks for the rest. A node that has just adopted an epoch tells a few others at once, so that an
// epoch reaches n nodes in O(log n) steps (Demers et al., "Epidemic algorithms", 1987: rumours);
// once a second each node tells one other, so that it reaches those as well whom the rumour missed
// (anti-entropy, push and pull at once).

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"

namespace starling {

class EpochGossip {
 public:
  // How many are told of a new epoch at once: with three, e^-3 of all hear of it too late.
  static constexpr std::size_t kRumours = 3;
  // Between two nodes that are told though nothing is new.
  static constexpr Duration kPeriod = std::chrono::seconds(1);
  // Between two requests for a later configuration, whoever is asked: a crowd of messages of a
  // later epoch asks once. Ten times what an answer takes.
  static constexpr Duration kFetchPause = std::chrono::milliseconds(200);
  // Between two times that one node gets the same configuration: it was lost, or is on its way.
  static constexpr Duration kHandOutPause = std::chrono::milliseconds(100);

  EpochGossip(Random random, Instant now);

  // What was sent to it before, or asked of it, may be lost with its connection.
  void on_peer_up(NodeId peer);
  // Whom to tell of an epoch that was adopted just now: some of `others`.
  [[nodiscard]] std::vector<NodeId> on_adopted(std::span<const NodeId> others);
  // Whom to tell now, or nobody: it is not time yet, or there are no others.
  [[nodiscard]] std::optional<NodeId> on_timer(std::span<const NodeId> others, Instant now);
  [[nodiscard]] Instant next_deadline() const { return next_; }

  // Whether somebody who is at `seen` should be asked by this node, which adopted `adopted`.
  [[nodiscard]] bool may_fetch(Epoch seen, Epoch adopted, Instant now);
  // Whether `peer` gets the configuration of `epoch` now.
  [[nodiscard]] bool may_hand_out(NodeId peer, Epoch epoch, Instant now);

 private:
  struct HandedOut {
    Epoch epoch;
    Instant at;
  };

  Random random_;
  Instant next_;
  std::optional<Instant> fetched_;          // when somebody was asked last
  std::map<NodeId, HandedOut> handed_out_;  // one entry a member
};

}  // namespace starling
