#include "base/quantity.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "base/time.h"

namespace starling {
namespace {

TEST_CASE("parse_duration: a whole number and a unit") {
  CHECK(*parse_duration("10s") == std::chrono::seconds(10));
  CHECK(*parse_duration("250ms") == std::chrono::milliseconds(250));
  CHECK(*parse_duration("2h") == std::chrono::hours(2));
  CHECK(*parse_duration("0") == Duration::zero());
}

TEST_CASE("parse_duration: what it can not mean is refused with the text and the remedy") {
  for (const std::string text : {"", "10", "s", "-1s", "1.5s", "10 s", "99999999999h", "1day"}) {
    CAPTURE(text);
    const auto parsed = parse_duration(text);
    CHECK_FALSE(parsed.ok());
    CHECK(parsed.status().message().find("'" + text + "'") != std::string::npos);
  }
}

TEST_CASE("parse_size: bytes and binary units") {
  CHECK(*parse_size("512") == 512);
  CHECK(*parse_size("64MiB") == 64U << 20U);
  CHECK_FALSE(parse_size("64MB").ok());
}

TEST_CASE("format_size: the greatest unit that leaves a whole part, with one decimal") {
  CHECK(format_size(12) == "12 B");
  CHECK(format_size(1536) == "1.5 KiB");
  CHECK(format_size(64U << 20U) == "64 MiB");
}

}  // namespace
}  // namespace starling
