#include "base/time.h"

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("to_iso8601: UTC with milliseconds") {
  CHECK(to_iso8601(WallTime{.milliseconds = 0}) == "1970-01-01T00:00:00.000Z");
  CHECK(to_iso8601(WallTime{.milliseconds = 1767323045678}) == "2026-01-02T03:04:05.678Z");
  CHECK(to_iso8601(WallTime{.milliseconds = -1}) == "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace starling
