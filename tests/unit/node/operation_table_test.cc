#include "node/operation_table.h"

#include <chrono>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "node/operation.h"

namespace starling {
namespace {

constexpr Instant kNoon{std::chrono::hours(12)};

std::unique_ptr<Operation> any_operation() {
  return std::make_unique<Operation>(Operation{.machine = ForwardOperation({}, 1, kNoon)});
}

TEST_CASE("OperationTable: it is full at its bound and not before") {
  OperationTable table(2, Random(1));
  table.insert(any_operation());
  CHECK_FALSE(table.full());
  const OperationId second = table.insert(any_operation()).id;
  CHECK(table.full());
  table.erase(second);
  CHECK_FALSE(table.full());
  CHECK(table.find(second) == nullptr);
}

TEST_CASE("OperationTable: another process numbers its operations elsewhere") {
  OperationTable one(2, Random(1));
  OperationTable other(2, Random(2));
  CHECK(one.insert(any_operation()).id != other.insert(any_operation()).id);
}

TEST_CASE(
    "OperationTable: a renumbered operation is not found under its old id, and keeps its timer") {
  OperationTable table(2, Random(1));
  Operation& operation = table.insert(any_operation());
  const OperationId old_id = operation.id;
  table.arm(old_id, kNoon);
  table.renumber(operation);
  CHECK(table.find(old_id) == nullptr);
  CHECK(table.find(operation.id) == &operation);
  CHECK(table.take_due(kNoon) == std::vector<OperationId>{operation.id});
}

TEST_CASE("OperationTable: a timer fires once, and arming again replaces it") {
  OperationTable table(2, Random(1));
  const OperationId id = table.insert(any_operation()).id;
  table.arm(id, kNoon);
  table.arm(id, kNoon + std::chrono::seconds(1));
  CHECK(table.next_deadline() == kNoon + std::chrono::seconds(1));
  CHECK(table.take_due(kNoon).empty());
  CHECK(table.take_due(kNoon + std::chrono::seconds(1)).size() == 1);
  CHECK_FALSE(table.next_deadline().has_value());
}

TEST_CASE("OperationTable: an erased operation's timer goes with it") {
  OperationTable table(2, Random(1));
  const OperationId id = table.insert(any_operation()).id;
  table.arm(id, kNoon);
  table.erase(id);
  CHECK(table.take_due(kNoon).empty());
}

TEST_CASE("OperationTable: ids come in the order in which the operations began") {
  OperationTable table(3, Random(1));
  const OperationId first = table.insert(any_operation()).id;
  const OperationId second = table.insert(any_operation()).id;
  const OperationId third = table.insert(any_operation()).id;
  CHECK(table.ids() == std::vector<OperationId>{first, second, third});
}

TEST_CASE("OperationTable: knows what its operations hold, and what the draining ones do") {
  OperationTable table(4, Random(1));
  Operation& first = table.insert(any_operation());
  Operation& second = table.insert(any_operation());
  first.value_bytes = 1000;
  second.value_bytes = 300;
  table.weigh(first);
  table.weigh(second);
  CHECK(table.bytes() == 1300);
  second.draining = true;
  table.weigh(second);
  table.weigh(second);
  CHECK(table.draining_bytes() == 300);
  table.renumber(second);
  table.erase(second.id);
  CHECK(table.draining_bytes() == 0);
  CHECK(table.bytes() == 1000);
}

}  // namespace
}  // namespace starling
