#include "starling/options.h"

#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

namespace starling {
namespace {

TEST_CASE("Level: names are resolved against N") {
  CHECK(Level::quorum().resolve(3) == 2);
  CHECK(Level::quorum().resolve(4) == 3);
  CHECK(Level::quorum().resolve(1) == 1);
  CHECK(Level::all().resolve(5) == 5);
  CHECK(Level::two().resolve(1) == 2);
  CHECK(Level::count(0).resolve(3) == 0);
}

TEST_CASE("parse_level: every name and number comes back as its text") {
  for (const std::string text : {"one", "two", "three", "quorum", "all", "0", "4"}) {
    CAPTURE(text);
    CHECK(parse_level(text)->to_text() == text);
  }
}

TEST_CASE("parse_level: what is no level is refused with the names that are") {
  for (const std::string text : {"", "most", "-1", "2x", "99999999999"}) {
    CAPTURE(text);
    CHECK(parse_level(text).status().message().find("quorum") != std::string::npos);
  }
}

TEST_CASE("parse_level: levels of a later version are refused as such") {
  CHECK(parse_level("local_quorum").status().message().find("not in this version") !=
        std::string::npos);
}

TEST_CASE("check_bucket: 1 to 255 characters of the alphabet") {
  CHECK(check_bucket("carts.v2_X-1").ok());
  CHECK(check_bucket(std::string(255, 'b')).ok());
  CHECK_FALSE(check_bucket("").ok());
  CHECK_FALSE(check_bucket("a/b").ok());
  CHECK_FALSE(check_bucket(std::string(256, 'b')).ok());
}

TEST_CASE("check_key, check_value: bounds name the size") {
  CHECK(check_key(std::string(4096, '\0')).ok());
  CHECK(check_key(std::string(4097, 'k')).message().find("4097") != std::string::npos);
  CHECK_FALSE(check_key("").ok());
  CHECK(check_value(std::string(kValueBytesMax, 'v')).ok());
  CHECK(check_value(std::string(kValueBytesMax + 1, 'v')).code() == StatusCode::TooLarge);
}

}  // namespace
}  // namespace starling
