#include "cli/transfer_line.h"

#include <string>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

std::string line_refusal(const std::string& line) {
  return parse_transfer_line(line).status().message();
}

TEST_CASE("transfer line: text stands as it is, other bytes in base64") {
  CHECK(transfer_line({.key = "k", .value = "v", .content_type = ""}) ==
        R"({"key":"k","value":"v"})");
  CHECK(transfer_line({.key = "\xff", .value = "\xfe", .content_type = "a/b"}) ==
        R"({"key_base64":"/w==","value_base64":"/g==","content_type":"a/b"})");
}

TEST_CASE("transfer line: what one writes the other reads") {
  for (const std::string& bytes : {std::string("plain"), std::string("\0\n\"\\", 4),
                                   std::string("\xff\x80"), std::string("\xc3\xa4")}) {
    const TransferRecord record{.key = bytes, .value = bytes, .content_type = "text/plain"};
    const auto read = parse_transfer_line(transfer_line(record));
    REQUIRE(read.ok());
    CHECK(*read == record);
  }
}

TEST_CASE("transfer line: unknown fields are no reason to refuse") {
  CHECK(parse_transfer_line(R"({"key":"k","value":"v","dot":7})").ok());
}

TEST_CASE("transfer line: what is wrong is said") {
  CHECK(line_refusal("") == "the line is no JSON object");
  CHECK(line_refusal("[]") == "the line is no JSON object");
  CHECK(line_refusal(R"({"key":"k"})") == R"(a line has either "value" or "value_base64")");
  CHECK(line_refusal(R"({"key":"k","value":"v","value_base64":""})") ==
        R"(a line has either "value" or "value_base64")");
  CHECK(line_refusal(R"({"key":7,"value":"v"})") == R"("key" is no string)");
  CHECK(line_refusal(R"({"key":"k","value_base64":"!"})").starts_with(R"("value_base64": )"));
  CHECK(line_refusal(R"({"key":"k","value":"v","content_type":1})") ==
        R"("content_type" is no string)");
}

}  // namespace
}  // namespace starling::cli
