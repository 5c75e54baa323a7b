#pragma once

// OperationTable: the requests under way at this coordinator, and when each wants its timer.
// Bounded; an operation's id is never used again, not even by the next process, because the numbers
// begin at a random place: a reply that comes very late meets nobody.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "node/operation.h"

namespace starling {

class OperationTable {
 public:
  OperationTable(std::size_t operations_max, Random random);

  [[nodiscard]] bool full() const { return operations_.size() >= operations_max_; }
  [[nodiscard]] std::size_t size() const { return operations_.size(); }

  // What all operations hold, and those that are draining, as of when they were weighed last.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t draining_bytes() const { return draining_bytes_; }
  // What the operations that one client's connection asked for hold.
  [[nodiscard]] std::size_t bytes_of(std::uint64_t connection) const;
  // Something was added to the operation, or taken from it.
  void weigh(const Operation& operation);

  // REQUIRES: !full(). Gives the operation its id. The reference holds until the operation is
  // erased.
  Operation& insert(std::unique_ptr<Operation> operation);
  [[nodiscard]] Operation* find(OperationId id);
  void erase(OperationId id);
  // A new id for a new attempt: what answers the old one is ignored from here on.
  void renumber(Operation& operation);

  void arm(OperationId id, Instant at);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  // Operations whose timer is due; each timer fires once.
  [[nodiscard]] std::vector<OperationId> take_due(Instant now);

  // In the order in which they began: for events that concern all of them.
  [[nodiscard]] std::vector<OperationId> ids() const;

 private:
  struct Entry {
    std::unique_ptr<Operation> operation;
    std::optional<Instant> timer;
    std::size_t bytes = 0;           // as counted in bytes_
    std::size_t draining_bytes = 0;  // as counted in draining_bytes_
    std::uint64_t connection = 0;    // the client's; 0: no client's
  };
  void count(Entry& entry, std::size_t bytes, std::size_t draining_bytes);
  void disarm(OperationId id, Entry& entry);

  std::size_t operations_max_;
  std::size_t bytes_ = 0;
  std::size_t draining_bytes_ = 0;
  std::unordered_map<std::uint64_t, std::size_t> bytes_by_connection_;  // never iterated; none is 0
  std::uint64_t next_id_;
  std::unordered_map<std::uint64_t, Entry> operations_;
  std::set<std::pair<Instant, OperationId>> timers_;
};

}  // namespace starling
