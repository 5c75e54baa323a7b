#include "node/operation_table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "node/operation.h"

namespace starling {

OperationTable::OperationTable(std::size_t operations_max, Random random)
    // Half of the numbers are left to count upwards in.
    : operations_max_(operations_max), next_id_(random.next() >> 1U) {}

Operation& OperationTable::insert(std::unique_ptr<Operation> operation) {
  STARLING_CHECK(!full());
  operation->id = OperationId{++next_id_};
  Operation& inserted = *operation;
  const std::uint64_t connection = connection_of(inserted.origin);
  operations_.emplace(
      inserted.id.value,
      Entry{.operation = std::move(operation), .timer = {}, .connection = connection});
  weigh(inserted);
  return inserted;
}

std::size_t OperationTable::bytes_of(std::uint64_t connection) const {
  const auto found = bytes_by_connection_.find(connection);
  return found == bytes_by_connection_.end() ? 0 : found->second;
}

void OperationTable::weigh(const Operation& operation) {
  const std::size_t bytes = operation.bytes();
  count(operations_.at(operation.id.value), bytes, operation.draining ? bytes : 0);
}

void OperationTable::count(Entry& entry, std::size_t bytes, std::size_t draining_bytes) {
  if (entry.connection != 0 && bytes != entry.bytes) {
    std::size_t& of_connection = bytes_by_connection_[entry.connection];
    of_connection = of_connection - entry.bytes + bytes;
    if (of_connection == 0) bytes_by_connection_.erase(entry.connection);
  }
  bytes_ = bytes_ - std::exchange(entry.bytes, bytes) + bytes;
  draining_bytes_ =
      draining_bytes_ - std::exchange(entry.draining_bytes, draining_bytes) + draining_bytes;
}

Operation* OperationTable::find(OperationId id) {
  const auto entry = operations_.find(id.value);
  return entry == operations_.end() ? nullptr : entry->second.operation.get();
}

void OperationTable::erase(OperationId id) {
  const auto entry = operations_.find(id.value);
  if (entry == operations_.end()) return;
  disarm(id, entry->second);
  count(entry->second, 0, 0);
  operations_.erase(entry);
}

void OperationTable::renumber(Operation& operation) {
  auto node = operations_.extract(operation.id.value);
  STARLING_CHECK(!node.empty());
  const std::optional<Instant> timer = node.mapped().timer;
  disarm(operation.id, node.mapped());
  operation.id = OperationId{++next_id_};
  node.key() = operation.id.value;
  operations_.insert(std::move(node));
  if (timer.has_value()) arm(operation.id, *timer);
}

void OperationTable::arm(OperationId id, Instant at) {
  const auto entry = operations_.find(id.value);
  STARLING_CHECK(entry != operations_.end());
  disarm(id, entry->second);
  entry->second.timer = at;
  timers_.emplace(at, id);
}

void OperationTable::disarm(OperationId id, Entry& entry) {
  if (entry.timer.has_value()) timers_.erase({*entry.timer, id});
  entry.timer.reset();
}

std::optional<Instant> OperationTable::next_deadline() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

std::vector<OperationId> OperationTable::take_due(Instant now) {
  std::vector<OperationId> due;
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const OperationId id = timers_.begin()->second;
    disarm(id, operations_.at(id.value));
    due.push_back(id);
  }
  return due;
}

std::vector<OperationId> OperationTable::ids() const {
  std::vector<OperationId> ids;
  ids.reserve(operations_.size());
  for (const auto& entry : operations_) {  // order unseen: sorted below
    ids.push_back(OperationId{entry.first});
  }
  std::ranges::sort(ids);
  return ids;
}

}  // namespace starling
