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
  // `required` acknowledgements, of them `synced_required` from copies on disk, and
  // `primaries_required` from the homes themselves.
  ReplyTally(std::uint32_t required, std::uint32_t synced_required,
             std::uint32_t primaries_required = 0);

  // Each of the four below ignores a node that is not awaited: the network may repeat itself.
  void expect(NodeId node);
  void acknowledge(NodeId node, bool synced);
  void fail(NodeId node);
  // Another node answers for this home from here on: whatever it says is no primary's answer.
  void entrust(NodeId node);

  [[nodiscard]] bool awaits(NodeId node) const;
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] bool all_answered() const;
  [[nodiscard]] std::uint32_t acknowledged() const;
  // Of those, by the homes themselves.
  [[nodiscard]] std::uint32_t primaries() const;
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
    bool entrusted = false;
  };
  [[nodiscard]] std::uint32_t count(Answer answer) const;
  [[nodiscard]] std::uint32_t primaries_awaited() const;

  std::uint32_t required_;
  std::uint32_t synced_required_;
  std::uint32_t primaries_required_;
  std::vector<Slot> slots_;
};

}  // namespace starling
