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
  };
  void disarm(OperationId id, Entry& entry);

  std::size_t operations_max_;
  std::uint64_t next_id_;
  std::unordered_map<std::uint64_t, Entry> operations_;
  std::set<std::pair<Instant, OperationId>> timers_;
};

}  // namespace starling
