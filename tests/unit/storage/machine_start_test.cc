#include "storage/machine_start.h"

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("MachineStart: Linux tells it, and the same one each time") {
  CHECK_FALSE(machine_start().empty());
  CHECK(machine_start() == machine_start());
}

}  // namespace
}  // namespace starling
