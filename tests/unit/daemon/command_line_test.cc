#include "daemon/command_line.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

#include "daemon/flag.h"

namespace starling {
namespace {

TEST_CASE("CommandLine: gives the flags that stand on it and no others") {
  const Result<CommandLine> line =
      parse_command_line({"--name", "a", "--listen=127.0.0.1:1", "--insecure"});
  REQUIRE(line.ok());
  CHECK(line->values.size() == 3);
  CHECK(line->values.at("name") == GivenValue{.text = "a", .origin = "--name"});
  CHECK(line->values.at("listen").text == "127.0.0.1:1");
  CHECK(line->values.at("insecure").text == "true");
  CHECK_FALSE(line->print.has_value());
}

TEST_CASE("CommandLine: of a repeated flag the last counts") {
  const Result<CommandLine> line = parse_command_line({"--name", "a", "--name", "b"});
  REQUIRE(line.ok());
  CHECK(line->values.at("name").text == "b");
}

TEST_CASE("CommandLine: what it does not know is a usage error that names it") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--nmae", "a"}, {"extra"}, {"--name"}}) {
    const Result<CommandLine> line = parse_command_line(arguments);
    REQUIRE_FALSE(line.ok());
    CHECK(line.status().code() == StatusCode::Usage);
    CHECK(line.status().message().find(arguments[0]) != std::string::npos);
  }
}

TEST_CASE("CommandLine: help shows every flag and an example") {
  const Result<CommandLine> line = parse_command_line({"--help"});
  REQUIRE(line.ok());
  REQUIRE(line->print.has_value());
  for (const Flag& flag : kFlags) {
    CHECK(line->print->find("--" + std::string(flag.name)) != std::string::npos);
  }
  CHECK(line->print->find("Examples:") != std::string::npos);
}

TEST_CASE("CommandLine: version names the program") {
  const Result<CommandLine> line = parse_command_line({"--version"});
  REQUIRE(line.ok());
  CHECK(line->print.value_or("").starts_with("starlingd "));
}

}  // namespace
}  // namespace starling
