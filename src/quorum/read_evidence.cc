#include "quorum/read_evidence.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "message/peer_messages.h"
#include "quorum/actions.h"
#include "quorum/read_repair.h"
#include "quorum/replica_view.h"
#include "ring/row_demand.h"
#include "ring/slot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling {

ReadEvidence::ReadEvidence(const ReplicaView& replicas) {
  for (const ReplicaView::Node& node : replicas.nodes) {
    if (!replicas.is_read_at(node.node)) continue;
    slots_.push_back({.node = node.node,
                      .reachable = node.reachable,
                      .suspect = node.suspect,
                      .failed = !node.reachable});
  }
  add_mates(replicas);
}

// An Extra slot answers nothing and holds what is written to it: as one that failed, from the
// beginning. A Vacant one is no slot for a read, since what it holds protects nothing.
void ReadEvidence::add_mates(const ReplicaView& replicas) {
  for (const starling::Slot& slot : replicas.row) {
    const std::optional<NodeId> reader = read_node(slot);
    for (const NodeId id : write_nodes(slot)) {
      const ReplicaView::Node* const node = replicas.find(id);
      if (node == nullptr || id == reader) continue;
      if (slot.state == SlotState::Extra) {
        slots_.push_back({.node = id, .reachable = node->reachable, .failed = true});
      } else if (Slot* const read = reader ? find(*reader) : nullptr; read != nullptr) {
        read->mate = mates_.size();
        mates_.push_back({.node = id, .reachable = node->reachable});
      }
    }
  }
  for (const starling::Slot& slot : replicas.row) {
    Slot* const known = find(read_node(slot).value_or(slot.holder));
    if (known != nullptr) known->is_inner = is_inner(slot);
  }
}

ReadEvidence::Mate* ReadEvidence::find_mate(NodeId node) {
  const auto found = std::ranges::find(mates_, node, &Mate::node);
  return found == mates_.end() ? nullptr : &*found;
}

const ReadEvidence::Mate* ReadEvidence::mate_of(const Slot& slot) const {
  return slot.mate ? &mates_[*slot.mate] : nullptr;
}

ReadEvidence::Slot* ReadEvidence::find(NodeId node) {
  const auto found = std::ranges::find(slots_, node, &Slot::node);
  return found == slots_.end() ? nullptr : &*found;
}

void ReadEvidence::ask(NodeId node, ReadWant want) {
  Slot* const slot = find(node);
  if (slot == nullptr) return;
  if (want == ReadWant::Digest) {
    slot->digest_awaited = true;
    slot->digest_asked = true;
  } else {
    slot->record_awaited = true;
  }
}

std::vector<NodeId> ReadEvidence::write(NodeId node) {
  std::vector<NodeId> to;
  Slot* const slot = find(node);
  if (slot == nullptr) return to;
  if (!slot->mate || holding_at_reader(*slot) != Holding::Everything) {
    slot->write_awaited = true;
    slot->written = generation_;
    to.push_back(node);
  }
  if (!slot->mate) return to;
  Mate& mate = mates_[*slot->mate];
  if (mate.reachable && !mate.write_failed && mate.held != generation_) {
    mate.write_awaited = true;
    mate.written = generation_;
    to.push_back(mate.node);
  }
  return to;
}

bool ReadEvidence::awaits(NodeId node) const {
  return std::ranges::any_of(slots_, [&](const Slot& slot) {
    return slot.node == node && (slot.digest_awaited || slot.record_awaited);
  });
}

void ReadEvidence::take(NodeId from, ReplicaReadReply reply) {
  Slot* const slot = find(from);
  if (slot == nullptr || !awaits(from)) return;
  slot->digest_awaited = false;
  if (reply.record) {
    take_record(*slot, std::move(*reply.record));
  } else if (slot->record_awaited && !slot->digest_asked) {
    fail_read(from);  // asked for its record and for nothing else, it sent none
  } else if (!slot->seen) {
    slot->seen = Seen{.digest = reply.digest, .clock = std::move(reply.clock)};
  }
  absorb_equal_answers();
}

void ReadEvidence::take_record(Slot& slot, SiblingSet record) {
  slot.record_awaited = false;
  if (slot.merged || slot.failed) return;
  // Our own digest, not the reply's: what we compare must be what we hold.
  slot.seen = Seen{.digest = read_digest(record), .clock = record.clock()};
  if (has_record()) return merge(slot, record);
  digest_ = slot.seen->digest;
  record_ = std::move(record);
  slot.merged = true;
  generation_ = 1;
}

void ReadEvidence::merge(Slot& slot, const SiblingSet& record) {
  const VectorClock clock_before = record_.clock();
  if (!record_.sync(record)) {
    slot.failed = true;  // one dot with two values: one of the two copies is not to be believed
    ++collisions_;
    return;
  }
  slot.merged = true;
  const Hash128 digest = read_digest(record_);
  if (digest != digest_ || record_.clock() != clock_before) ++generation_;
  digest_ = digest;
}

// A slot with the same read digest has the same live dots, kinds and value hashes, so its record is
// the record in hand under another clock, and their sync is the record under both clocks joined. No
// sibling can get lost by it: a live dot that the joined clock covers and the record lacks would
// have to be live at that slot, and then the digests would differ.
void ReadEvidence::absorb_equal_answers() {
  if (!has_record()) return;
  for (Slot& slot : slots_) {
    if (!slot.seen || slot.merged || slot.failed) continue;
    if (slot.seen->digest == digest_) {
      join_clock(slot.seen->clock);
      slot.merged = true;
    } else if (!slot.reachable) {
      slot.failed = true;  // it differs, and its record can not be had any more
    }
  }
}

void ReadEvidence::join_clock(const VectorClock& clock) {
  if (record_.clock().covers(clock)) return;
  VectorClock joined = record_.clock();
  joined.join(clock);
  record_ = SiblingSet(std::move(joined), std::move(record_).take_siblings());
  ++generation_;
}

void ReadEvidence::fail_read(NodeId node) {
  Slot* const slot = find(node);
  if (slot == nullptr || !awaits(node)) return;
  slot->digest_awaited = false;
  slot->record_awaited = false;
  if (!slot->merged) slot->failed = true;
}

void ReadEvidence::take_written(NodeId node) {
  if (Mate* const mate = find_mate(node); mate != nullptr && mate->write_awaited) {
    mate->write_awaited = false;
    mate->held = mate->written;
  }
  Slot* const slot = find(node);
  if (slot == nullptr || !slot->write_awaited) return;
  slot->write_awaited = false;
  slot->held = slot->written;
}

void ReadEvidence::fail_write(NodeId node) {
  if (Mate* const mate = find_mate(node); mate != nullptr && mate->write_awaited) {
    mate->write_awaited = false;
    mate->write_failed = true;
  }
  Slot* const slot = find(node);
  if (slot == nullptr || !slot->write_awaited) return;
  slot->write_awaited = false;
  slot->write_failed = true;
}

void ReadEvidence::lose(NodeId node) {
  fail_write(node);
  if (Mate* const mate = find_mate(node)) mate->reachable = false;
  Slot* const slot = find(node);
  if (slot == nullptr) return;
  slot->reachable = false;
  slot->digest_awaited = false;
  slot->record_awaited = false;
  if (!slot->seen) slot->failed = true;
  absorb_equal_answers();
}

std::uint32_t ReadEvidence::sound() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      slots_, [](const Slot& slot) { return slot.seen.has_value() && !slot.failed; }));
}

std::uint32_t ReadEvidence::merged() const {
  return static_cast<std::uint32_t>(std::ranges::count(slots_, true, &Slot::merged));
}

std::uint32_t ReadEvidence::hopeful() const {
  return static_cast<std::uint32_t>(std::ranges::count(slots_, false, &Slot::failed));
}

std::uint32_t ReadEvidence::repaired() const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(slots_, [](const Slot& slot) { return slot.held > 0; }));
}

bool ReadEvidence::awaits_reads() const {
  return std::ranges::any_of(
      slots_, [](const Slot& slot) { return slot.digest_awaited || slot.record_awaited; });
}

bool ReadEvidence::awaits_writes() const {
  return std::ranges::any_of(slots_, &Slot::write_awaited) ||
         std::ranges::any_of(mates_, &Mate::write_awaited);
}

std::uint32_t ReadEvidence::records_awaited() const {
  return static_cast<std::uint32_t>(std::ranges::count(slots_, true, &Slot::record_awaited));
}

bool ReadEvidence::awaits_differing_record() const {
  return std::ranges::any_of(slots_, [](const Slot& slot) {
    return slot.record_awaited && slot.seen.has_value() && !slot.merged;
  });
}

std::vector<NodeId> ReadEvidence::reachable() const {
  std::vector<NodeId> nodes;
  for (const Slot& slot : slots_) {
    if (slot.reachable && !slot.failed) nodes.push_back(slot.node);
  }
  return nodes;
}

std::optional<NodeId> ReadEvidence::best_source() const {
  const auto rank = [](const Slot& slot) {
    return std::tuple(!slot.seen.has_value(), slot.suspect);
  };
  const Slot* best = nullptr;
  for (const Slot& slot : slots_) {
    if (!slot.reachable || slot.failed || slot.record_awaited) continue;
    if (best == nullptr || rank(slot) < rank(*best)) best = &slot;
  }
  if (best == nullptr) return std::nullopt;
  return best->node;
}

std::vector<NodeId> ReadEvidence::differing() const {
  std::vector<NodeId> nodes;
  if (!has_record()) return nodes;
  for (const Slot& slot : slots_) {
    const bool differs = slot.seen && !slot.merged && !slot.failed;
    if (differs && slot.reachable && !slot.record_awaited) nodes.push_back(slot.node);
  }
  return nodes;
}

Holding ReadEvidence::holding_at_reader(const Slot& slot) const {
  if (slot.held > 0 && slot.held == generation_) return Holding::Everything;
  if (!slot.seen || slot.failed) return Holding::Unknown;
  if (slot.seen->digest != digest_) return slot.merged ? Holding::Lacks : Holding::Unknown;
  return slot.seen->clock == record_.clock() ? Holding::Everything : Holding::Siblings;
}

Holding ReadEvidence::holding_of(const Slot& slot) const {
  const Holding at_reader = holding_at_reader(slot);
  const Mate* const mate = mate_of(slot);
  const bool shows = at_reader == Holding::Siblings || at_reader == Holding::Everything;
  if (mate == nullptr || !shows) return at_reader;
  // Nobody asked what the other node holds, so only a write of this read says it.
  return mate->held == generation_ ? at_reader : Holding::OneNode;
}

std::vector<SlotKnowledge> ReadEvidence::knowledge() const {
  std::vector<SlotKnowledge> slots;
  for (const Slot& slot : slots_) {
    const bool collided = slot.failed && slot.seen.has_value();
    const Mate* const mate = mate_of(slot);
    slots.push_back(
        {.node = slot.node,
         .holding = holding_of(slot),
         .writable = slot.reachable && !slot.write_failed && !collided,
         .being_written = slot.write_awaited || (mate != nullptr && mate->write_awaited),
         .may_hold = mate == nullptr || (mate->reachable && !mate->write_failed),
         .is_inner = slot.is_inner});
  }
  return slots;
}

std::vector<NodeId> ReadEvidence::silent() const {
  std::vector<NodeId> nodes;
  for (const Slot& slot : slots_) {
    if (slot.digest_awaited || slot.record_awaited || slot.write_awaited) {
      nodes.push_back(slot.node);
    }
  }
  for (const Mate& mate : mates_) {
    if (mate.write_awaited) nodes.push_back(mate.node);
  }
  return nodes;
}

}  // namespace starling
