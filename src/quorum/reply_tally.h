#pragma once

// ReplyTally: who was asked, who answered and how, and what follows from it. Nodes answer, slots
// are counted: behind a slot that moves are two nodes, and it counts when both acknowledged; a slot
// that is vacant never does (ring/slot.h). While N changes there are two demands, and both must be
// met (ring/row_demand.h).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ring/row_demand.h"
#include "ring/slot.h"

namespace starling {

enum class Verdict : std::uint8_t {
  Pending,      // may still go either way
  Reached,      // enough acknowledgements
  Unreachable,  // too few are left to answer
};

class ReplyTally {
 public:
  // `required` acknowledgements, of them `synced` from copies on disk, and `primaries` from the
  // homes themselves.
  struct Demand {
    std::uint32_t required = 0;
    std::uint32_t synced = 0;
    std::uint32_t primaries = 0;
  };
  // `inner`: of the slots without the one that comes or goes; nothing: N stays.
  explicit ReplyTally(const Demand& outer, const std::optional<Demand>& inner = std::nullopt);

  // A node that is a slot alone. REQUIRES: no row was expected.
  void expect(NodeId node);
  // All nodes of a row. REQUIRES: nobody was expected.
  void expect(const SlotRow& row);
  // Each of the three below ignores a node that is not awaited: the network may repeat itself.
  void acknowledge(NodeId node, bool synced);
  void fail(NodeId node);
  // Another node answers for this home from here on: whatever it says is no primary's answer.
  void entrust(NodeId node);

  [[nodiscard]] bool awaits(NodeId node) const;
  [[nodiscard]] Verdict verdict() const;
  // By all nodes, also those whose answers count for nothing.
  [[nodiscard]] bool all_answered() const;
  // Slots, of all that count.
  [[nodiscard]] std::uint32_t acknowledged() const;
  // Of those, by the homes themselves.
  [[nodiscard]] std::uint32_t primaries() const;
  [[nodiscard]] std::uint32_t required() const { return outer_.required; }
  // "1 of 2 replicas answered": for error messages.
  [[nodiscard]] std::string describe() const;
  // From zero, for the row of a newer epoch.
  void restart();
  // The same, with what that row demands.
  void restart(const Demand& outer, const std::optional<Demand>& inner);
  // The planted mistake: a slot that moves counts when one of its nodes acknowledged.
  void count_one_of_two() { one_of_two_ = true; }

 private:
  enum class Answer : std::uint8_t { Awaited, Acknowledged, Synced, Failed };
  struct Node {
    NodeId node;
    Answer answer = Answer::Awaited;
    bool entrusted = false;
  };
  // Of a row: which nodes stand behind a slot that counts.
  struct Place {
    std::array<std::uint8_t, 2> nodes{};  // twice the same: one
    bool is_inner = true;
  };
  // Slots by what their nodes said.
  struct Count {
    RowCount acknowledged;
    RowCount synced;
    RowCount primaries;
    RowCount awaited;
    RowCount primaries_awaited;
    void add(const Node& slot, bool is_inner);
  };

  [[nodiscard]] Count count() const;
  [[nodiscard]] Node said_by(const Place& place) const;

  Demand outer_;
  std::optional<Demand> inner_;
  std::vector<Node> nodes_;
  std::vector<Place> places_;  // empty where each node is a slot alone
  bool is_row_ = false;
  bool one_of_two_ = false;
};

}  // namespace starling
