#include "net/host_port.h"

#include <string>

#include <doctest/doctest.h>

#include "starling/result.h"
#include "starling/status.h"

namespace starling {
namespace {

TEST_CASE("HostPort: reads names, IPv4 and bracketed IPv6") {
  CHECK(*parse_host_port("127.0.0.1:7400") == HostPort{.host = "127.0.0.1", .port = 7400});
  CHECK(*parse_host_port("node-1.example:65535") ==
        HostPort{.host = "node-1.example", .port = 65535});
  CHECK(*parse_host_port("[::1]:1") == HostPort{.host = "::1", .port = 1});
}

TEST_CASE("HostPort: its text is what was read") {
  for (const std::string text : {"localhost:7400", "[fe80::1]:80", "10.0.0.1:9"}) {
    CHECK(parse_host_port(text)->to_text() == text);
  }
}

TEST_CASE("HostPort: refuses what can not be dialled, and says what is wrong") {
  const auto complaint = [](const std::string& text) {
    const Result<HostPort> result = parse_host_port(text);
    REQUIRE_FALSE(result.ok());
    CHECK(result.status().code() == StatusCode::Usage);
    CHECK(result.status().message().find("'" + text + "'") != std::string::npos);
    return result.status().message();
  };
  CHECK(complaint("localhost").find("port is missing") != std::string::npos);
  CHECK(complaint(":7400").find("host is missing") != std::string::npos);
  CHECK(complaint("::1:7400").find("brackets") != std::string::npos);
  CHECK(complaint("[nothex]:7400").find("neither a name nor") != std::string::npos);
  CHECK(complaint("two words:7400").find("neither a name nor") != std::string::npos);
  for (const std::string text : {"a:", "a:0", "a:65536", "a:-1", "a:7400x"}) {
    CHECK(complaint(text).find("from 1 to 65535") != std::string::npos);
  }
}

TEST_CASE("HostPort: knows which hosts only this machine reaches") {
  for (const char* const host : {"localhost", "127.0.0.1", "127.8.9.10", "::1"}) {
    CHECK(is_loopback(host));
  }
  for (const char* const host : {"0.0.0.0", "::", "10.0.0.1", "127.evil.example", "example"}) {
    CHECK_FALSE(is_loopback(host));
  }
}

TEST_CASE("HostPort: knows which hosts stand for every address") {
  CHECK(is_wildcard("0.0.0.0"));
  CHECK(is_wildcard("::"));
  CHECK_FALSE(is_wildcard("127.0.0.1"));
}

}  // namespace
}  // namespace starling
