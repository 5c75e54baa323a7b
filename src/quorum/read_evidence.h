#pragma once

// ReadEvidence: what one get knows about its slots: who was asked what, who answered what, and the
// merge of all records that came. It decides nothing; GetOperation asks it and does. A slot goes by
// the node at which it is read. What else stores for it is written when it is, and never asked.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "quorum/read_repair.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {

class ReadEvidence {
 public:
  explicit ReadEvidence(const ReplicaView& replicas);

  // Asking. Slots that can not be reached count as failed from the beginning.
  void ask(NodeId node, ReadWant want);
  // The slot's nodes that the merge is to be sent to: all but those that hold it.
  [[nodiscard]] std::vector<NodeId> write(NodeId slot);

  // Hearing. An answer from a slot that owes none is ignored: the network may repeat itself.
  [[nodiscard]] bool awaits(NodeId node) const;
  void take(NodeId from, ReplicaReadReply reply);
  void fail_read(NodeId node);
  void take_written(NodeId node);
  void fail_write(NodeId node);
  // Whatever it owed will not come; what it said stands.
  void lose(NodeId node);

  // Counts of slots. Sound: answered with a digest. Merged: of them, those whose record is part of
  // record(). Hopeful: merged, or may still come to it. Repaired: acknowledged a write.
  [[nodiscard]] std::uint32_t sound() const;
  [[nodiscard]] std::uint32_t merged() const;
  [[nodiscard]] std::uint32_t hopeful() const;
  [[nodiscard]] std::uint32_t repaired() const;
  // Answers that gave another value to a known dot; they were not merged.
  [[nodiscard]] std::uint32_t collisions() const { return collisions_; }

  [[nodiscard]] bool has_record() const { return generation_ > 0; }
  [[nodiscard]] const SiblingSet& record() const { return record_; }

  [[nodiscard]] bool awaits_reads() const;
  [[nodiscard]] bool awaits_writes() const;
  // How many slots owe a whole record.
  [[nodiscard]] std::uint32_t records_awaited() const;
  // Whether a slot that answered with another digest owes its record.
  [[nodiscard]] bool awaits_differing_record() const;
  // Reachable slots, preference order.
  [[nodiscard]] std::vector<NodeId> reachable() const;
  // The slot to ask for its record: one that answered already (it is quick), then one that is not
  // suspect, then preference order. Nothing: nobody is left who was not asked.
  [[nodiscard]] std::optional<NodeId> best_source() const;
  // Slots whose digest differs from the record's and whose own record was not asked for yet.
  [[nodiscard]] std::vector<NodeId> differing() const;
  [[nodiscard]] std::vector<SlotKnowledge> knowledge() const;
  // Slots that owe an answer, to a read or to a write.
  [[nodiscard]] std::vector<NodeId> silent() const;

 private:
  struct Seen {
    Hash128 digest;
    VectorClock clock;
  };
  struct Slot {
    NodeId node;
    bool reachable = false;
    bool suspect = false;
    bool failed = false;  // counts in nothing
    bool digest_awaited = false;
    bool record_awaited = false;
    bool digest_asked = false;
    std::optional<Seen> seen = std::nullopt;  // its first sound answer
    bool merged = false;
    bool write_awaited = false;
    bool write_failed = false;
    std::uint64_t written = 0;  // the generation of the record that was last sent there
    std::uint64_t held = 0;     // ... that it acknowledged
    bool is_inner = true;
    // The other node of a slot that moves: it stores and is not read.
    std::optional<std::size_t> mate = std::nullopt;  // in mates_
  };
  struct Mate {
    NodeId node;
    bool reachable = false;
    bool write_awaited = false;
    bool write_failed = false;
    std::uint64_t written = 0;
    std::uint64_t held = 0;
  };

  [[nodiscard]] Slot* find(NodeId node);
  [[nodiscard]] Mate* find_mate(NodeId node);
  [[nodiscard]] const Mate* mate_of(const Slot& slot) const;
  void add_mates(const ReplicaView& replicas);
  [[nodiscard]] Holding holding_at_reader(const Slot& slot) const;
  void take_record(Slot& slot, SiblingSet record);
  void merge(Slot& slot, const SiblingSet& record);
  void absorb_equal_answers();
  void join_clock(const VectorClock& clock);
  [[nodiscard]] Holding holding_of(const Slot& slot) const;

  std::vector<Slot> slots_;  // preference order
  std::vector<Mate> mates_;
  SiblingSet record_;  // the merge; `digest_` is its read digest
  Hash128 digest_;
  std::uint64_t generation_ = 0;  // of record_: grows with every change; 0: no record came yet
  std::uint32_t collisions_ = 0;
};

}  // namespace starling
