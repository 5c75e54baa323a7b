#include "node/forward_memory.h"

#include <chrono>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/time.h"

namespace starling {
namespace {

TEST_CASE("ForwardMemory: a second copy of a forwarded put is known, another sender's is not") {
  ForwardMemory memory;
  CHECK(memory.is_new(NodeId{1}, OperationId{7}, Instant()));
  CHECK_FALSE(memory.is_new(NodeId{1}, OperationId{7}, Instant()));
  CHECK(memory.is_new(NodeId{2}, OperationId{7}, Instant()));
}

TEST_CASE("ForwardMemory: what no copy can follow any more is forgotten") {
  ForwardMemory memory;
  CHECK(memory.is_new(NodeId{1}, OperationId{7}, Instant()));
  const Instant later = Instant() + ForwardMemory::kAgeMax + std::chrono::seconds(1);
  CHECK(memory.is_new(NodeId{1}, OperationId{8}, later));
  CHECK(memory.size() == 1);
}

}  // namespace
}  // namespace starling
