#pragma once

// HandMade: a history of one key and what a witness saw of it, written down by hand: so that tests
// can show each checker a run that broke exactly one promise.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "sim/checkers.h"
#include "sim/history.h"
#include "sim/witness.h"
#include "version/dot.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"

namespace starling::sim {

inline Dot dot_of(std::uint64_t counter, std::uint64_t actor = 1) {
  return {{Incarnation{actor}, 1}, counter};
}

inline VectorClock clock_of(const std::vector<Dot>& dots) {
  return VectorClock::of({}, dots);
}

class HandMade {
 public:
  HandMade() : witness_(history_) {
    history_.replicas = 3;
    history_.keys.push_back({{"simulated", "k0"}, {}});
  }

  // A put that took one second, acknowledged at two replicas, with the context `knowing`.
  std::uint32_t put(const HeldContext& knowing = {}) {
    return add_write(OperationKind::Put, knowing);
  }
  std::uint32_t remove(const HeldContext& knowing) {
    return add_write(OperationKind::Delete, knowing);
  }
  // The key has so many slots from the beginning of the run on.
  void widen(std::uint32_t slots) { history_.note_width(0, slots, Instant{}); }
  // A node that the key's row does not name any more knows nothing of that, from the beginning on.
  void leave_a_node_behind() { history_.keys.at(0).left_behind = Instant{}; }
  // What the last operation came to, where it was not the usual thing.
  Operation& last() { return history_.operations.back(); }
  Operation& operation(std::size_t number) { return history_.operations.at(number); }
  // The answer to a write: its context is the request's with `dot`.
  void minted(std::uint32_t write, const Dot& dot) {
    Operation& operation = operation_of(write);
    operation.clock = operation.context.clock;
    operation.clock.add(dot);
    const bool is_value = operation.kind == OperationKind::Put;
    Sibling sibling;
    sibling.dot = dot;
    sibling.kind = is_value ? SiblingKind::Value : SiblingKind::Tombstone;
    sibling.value_hash = is_value ? hash_of(write) : 0;
    siblings_.push_back(sibling);
    witness_.see_delta(0, SiblingSet(operation.clock, {sibling}));
  }
  // A read at two replicas that returned `writes` with a context of `dots`.
  Operation& get(std::vector<std::uint32_t> writes, const std::vector<Dot>& dots) {
    Operation& operation = add(OperationKind::Get, {});
    operation.returned = std::move(writes);
    operation.clock = clock_of(dots);
    operation.protected_read = true;
    return operation;
  }
  // A context that says `dots`, of a client that was shown `writes`.
  [[nodiscard]] static HeldContext context(const std::vector<Dot>& dots,
                                           const std::vector<std::uint32_t>& writes) {
    HeldContext held{"opaque", clock_of(dots), {}};
    for (const std::uint32_t write : writes) held.seen.add(write);
    return held;
  }
  // The record at the end: it has seen `dots`, of which `live` are there.
  void ends_with(const std::vector<Dot>& dots, const std::vector<Dot>& live) {
    std::vector<Sibling> siblings;
    for (const Sibling& sibling : siblings_) {
      for (const Dot& dot : live) {
        if (sibling.dot == dot) siblings.push_back(sibling);
      }
    }
    final_ = SiblingSet(clock_of(dots), siblings);
  }

  [[nodiscard]] Evidence evidence() const { return {history_, witness_, {final_}, false, false}; }
  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] Witness& witness() { return witness_; }
  [[nodiscard]] static std::uint64_t hash_of(std::uint32_t write) { return 1000 + write; }

 private:
  Operation& operation_of(std::uint32_t write) {
    return history_.operations.at(history_.keys.front().writes.at(write).operation);
  }
  Operation& add(OperationKind kind, const HeldContext& context) {
    Operation operation;
    operation.number = static_cast<std::uint32_t>(history_.operations.size());
    operation.kind = kind;
    operation.context = context;
    operation.required = 2;
    operation.outcome = Outcome::Acknowledged;
    operation.begun = Instant(std::chrono::seconds(2 * operation.number));
    operation.asked = operation.begun;
    operation.ended = operation.begun + std::chrono::seconds(1);
    operation.deadline = std::chrono::seconds(2);
    history_.operations.push_back(std::move(operation));
    return history_.operations.back();
  }
  std::uint32_t add_write(OperationKind kind, const HeldContext& context) {
    std::vector<WriteRecord>& writes = history_.keys.front().writes;
    const auto write = static_cast<std::uint32_t>(writes.size());
    Operation& operation = add(kind, context);
    operation.write = write;
    WriteRecord record{operation.number, kind == OperationKind::Delete, hash_of(write),
                       context.seen};
    record.history.add(write);
    writes.push_back(std::move(record));
    return write;
  }

  History history_;
  Witness witness_;
  std::vector<Sibling> siblings_;
  SiblingSet final_;
};

}  // namespace starling::sim
