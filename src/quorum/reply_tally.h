#pragma once

// ReplyTally: who was asked, who answered and how, and what follows from it. Counts slots; one node
// holds at most one slot of a row.

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"

namespace starling {

enum class Verdict : std::uint8_t {
  Pending,      // may still go either way
  Reached,      // enough acknowledgements
  Unreachable,  // too few are left to answer
};

class ReplyTally {
 public:
  // `required` acknowledgements, of them `synced_required` from copies on disk.
  ReplyTally(std::uint32_t required, std::uint32_t synced_required);

  // Each of the three below ignores a node that is not awaited: the network may repeat itself.
  void expect(NodeId node);
  void acknowledge(NodeId node, bool synced);
  void fail(NodeId node);

  [[nodiscard]] bool awaits(NodeId node) const;
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] bool all_answered() const;
  [[nodiscard]] std::uint32_t acknowledged() const;
  [[nodiscard]] std::uint32_t required() const { return required_; }
  // "1 of 2 replicas answered": for error messages.
  [[nodiscard]] std::string describe() const;
  // From zero, for the row of a newer epoch.
  void restart();

 private:
  enum class Answer : std::uint8_t { Awaited, Acknowledged, Synced, Failed };
  struct Slot {
    NodeId node;
    Answer answer = Answer::Awaited;
  };
  [[nodiscard]] std::uint32_t count(Answer answer) const;

  std::uint32_t required_;
  std::uint32_t synced_required_;
  std::vector<Slot> slots_;
};

}  // namespace starling
