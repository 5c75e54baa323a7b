#include "http/target.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

using namespace std::chrono_literals;

Query parsed(std::string_view text) {
  const Result<Query> query = Query::parse(text);
  REQUIRE(query.ok());
  return *query;
}

bool is_refused(std::string_view text) {
  const Result<Query> query = Query::parse(text);
  return !query.ok() && query.status().code() == StatusCode::Usage;
}

TEST_CASE("target: percent-encoding stands for any byte") {
  CHECK(percent_decoded("a%2Fb%00%ff+").value() == std::string("a/b\0\xff+", 6));
  CHECK(percent_decoded("").value().empty());
}

TEST_CASE("target: a '%' without two digits is refused") {
  for (const char* const text : {"%", "%4", "a%4g", "%%41", "%-1"}) {
    CAPTURE(text);
    CHECK(percent_decoded(text).status().code() == StatusCode::Usage);
  }
}

TEST_CASE("Query: options have a value, an empty one, or none") {
  Query query = parsed("a=1&b=&c&&d=x%3D=y");
  CHECK(query.take("a") == "1");
  CHECK(query.take("b") == "");
  CHECK(query.take("c") == "");
  CHECK(query.take("d") == "x==y");
  CHECK_FALSE(query.take("a").has_value());
  CHECK(query.check_empty().ok());
}

TEST_CASE("Query: '+' is a space, as forms write it") {
  CHECK(parsed("prefix=a+b%2B").take("prefix") == "a b+");
}

TEST_CASE("Query: an option that is given twice is refused, and so are too many") {
  CHECK(is_refused("r=1&r=1"));
  CHECK(is_refused("a=%g"));
  std::string many;
  for (int i = 0; i < 40; ++i) many += "o" + std::to_string(i) + "&";
  CHECK(is_refused(many));
}

TEST_CASE("Query: levels are the tool's, and their errors name the option") {
  Query query = parsed("r=all&pr=2&w=most&dw=any");
  CHECK(query.take_level("r", Level::one()).value() == Level::all());
  CHECK(query.take_level("pr", Level::one()).value() == Level::count(2));
  CHECK(query.take_level("pw", Level::one()).value() == Level::one());
  CHECK(query.take_level("w", Level::one()).status().message().starts_with("w: "));
  CHECK(query.take_level("dw", Level::one()).status().message().find("not in this version") !=
        std::string::npos);
}

TEST_CASE("Query: a flag is true, false or neither") {
  Query query = parsed("a&b=true&c=false&d=maybe");
  CHECK(query.take_flag("a").value());
  CHECK(query.take_flag("b").value());
  CHECK_FALSE(query.take_flag("c").value());
  CHECK_FALSE(query.take_flag("x").value());
  CHECK(query.take_flag("d").status().code() == StatusCode::Usage);
}

TEST_CASE("Query: a timeout has a unit, and is neither 0 nor more than a minute") {
  CHECK(parsed("timeout=250ms").take_timeout().value() == 250ms);
  CHECK(parsed("").take_timeout().value() == kTimeoutDefault);
  for (const char* const text : {"timeout=5", "timeout=0s", "timeout=61s", "timeout"}) {
    CAPTURE(text);
    CHECK(parsed(text).take_timeout().status().code() == StatusCode::Usage);
  }
}

TEST_CASE("Query: a number is whole and within its bounds") {
  CHECK(parsed("limit=7").take_number("limit", 3, 9).value() == 7);
  CHECK(parsed("").take_number("limit", 3, 9).value() == 3);
  for (const char* const text :
       {"limit=0", "limit=10", "limit=-1", "limit=1x", "limit=", "limit=99999999999"}) {
    CAPTURE(text);
    CHECK(parsed(text).take_number("limit", 3, 9).status().code() == StatusCode::Usage);
  }
}

TEST_CASE("Query: what nobody took is named, and what is to come is called that") {
  CHECK(parsed("wrong=1").check_empty().message().find("'wrong'") != std::string::npos);
  CHECK(parsed("ttl=1h").check_empty().message().find("not in this version") != std::string::npos);
}

}  // namespace
}  // namespace starling
