#include "base/time.h"

#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("to_iso8601: UTC with milliseconds") {
  CHECK(to_iso8601(WallTime{.milliseconds = 0}) == "1970-01-01T00:00:00.000Z");
  CHECK(to_iso8601(WallTime{.milliseconds = 1767323045678}) == "2026-01-02T03:04:05.678Z");
  CHECK(to_iso8601(WallTime{.milliseconds = -1}) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("to_iso8601: a time that no calendar has is the first or last of the calendar") {
  CHECK(to_iso8601(WallTime{.milliseconds = std::numeric_limits<std::int64_t>::min()}) ==
        "0000-01-01T00:00:00.000Z");
  CHECK(to_iso8601(WallTime{.milliseconds = std::numeric_limits<std::int64_t>::max()}) ==
        "9999-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace starling
