#include "client/endpoint.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/client.h"

namespace starling {
namespace {

TEST_CASE("Endpoint: host and port come apart at the last colon") {
  CHECK(*parse_endpoint("127.0.0.1:7400") == Endpoint{.host = "127.0.0.1", .port = "7400"});
  CHECK(*parse_endpoint("node-1.example:65535") ==
        Endpoint{.host = "node-1.example", .port = "65535"});
  CHECK(*parse_endpoint("[::1]:80") == Endpoint{.host = "::1", .port = "80"});
}

TEST_CASE("Endpoint: what is no host and port is refused with the text") {
  for (const char* const text : {"", "host", "host:", ":7400", "host:0", "host:65536", "host:7x",
                                 "host:-1", "::1:7400", "[]:7400"}) {
    CAPTURE(text);
    const Status status = parse_endpoint(text).status();
    CHECK(status.code() == StatusCode::Usage);
    CHECK(status.message().find("'" + std::string(text) + "'") != std::string::npos);
  }
}

TEST_CASE("Endpoint: a list is separated by commas, and every entry is checked") {
  CHECK(*parse_endpoints("a:1,b:2") == std::vector<std::string>{"a:1", "b:2"});
  CHECK(*parse_endpoints("a:1") == std::vector<std::string>{"a:1"});
  CHECK_FALSE(parse_endpoints("a:1,").ok());
  CHECK_FALSE(parse_endpoints("").ok());
  CHECK(parse_endpoints("a:1,b").status().message().find("'b'") != std::string::npos);
}

}  // namespace
}  // namespace starling
