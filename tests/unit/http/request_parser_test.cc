#include "http/request_parser.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "http/http_message.h"

namespace starling {
namespace {

int status_of_failure(std::string_view bytes) {
  RequestParser parser;
  std::vector<HttpRequest> requests;
  const std::optional<RequestParser::Failure> failure = parser.feed(bytes, requests);
  return failure.has_value() ? failure->status : 0;
}

TEST_CASE("RequestParser: a request may come byte by byte") {
  RequestParser parser;
  std::vector<HttpRequest> requests;
  for (const char c : std::string_view("GET /readyz?verbose HTTP/1.1\r\nHost: x\r\n\r\n")) {
    REQUIRE(requests.empty());
    REQUIRE(!parser.feed(std::string_view(&c, 1), requests).has_value());
  }
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].method == "GET");
  CHECK(requests[0].target == "/readyz?verbose");
  CHECK(requests[0].keep_alive);
}

TEST_CASE("RequestParser: requests sent together come in order") {
  RequestParser parser;
  std::vector<HttpRequest> requests;
  const std::string_view both =
      "GET /a HTTP/1.1\r\n\r\nHEAD /b HTTP/1.1\r\nConnection: close\r\n\r\n";
  REQUIRE(!parser.feed(both, requests).has_value());
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].target == "/a");
  CHECK(requests[1].method == "HEAD");
  CHECK_FALSE(requests[1].keep_alive);
}

TEST_CASE("RequestParser: a body is passed over") {
  RequestParser parser;
  std::vector<HttpRequest> requests;
  const std::string_view bytes =
      "PUT /v1/kv/b/k HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /livez HTTP/1.1\r\n\r\n";
  REQUIRE(!parser.feed(bytes, requests).has_value());
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].method == "PUT");
  CHECK(requests[1].target == "/livez");
}

TEST_CASE("RequestParser: what is not HTTP fails with 400") {
  CHECK(status_of_failure("STRL\x01\x02\x03\x04") == 400);
  CHECK(status_of_failure("GET /a b HTTP/1.1\r\n\r\n") == 400);
  CHECK(status_of_failure("GET /a HTTP/1.1\r\nbad header\r\n\r\n") == 400);
  CHECK(status_of_failure("GET /a HTTP/1.1\r\nContent-Length: x\r\n\r\n") == 400);
}

TEST_CASE("RequestParser: two lengths for one body are smuggling, and fail") {
  CHECK(status_of_failure("PUT /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"
                          "\r\n0\r\n\r\n") == 400);
}

TEST_CASE("RequestParser: headers over 32 KiB fail with 431") {
  const std::string fits(kHttpHeaderBytesMax - 20, 'x');
  CHECK(status_of_failure("GET /a HTTP/1.1\r\nName: " + fits + "\r\n\r\n") == 0);
  const std::string too_long(kHttpHeaderBytesMax, 'x');
  CHECK(status_of_failure("GET /a HTTP/1.1\r\nName: " + too_long + "\r\n\r\n") == 431);
  CHECK(status_of_failure("GET /" + too_long) == 431);
}

TEST_CASE("RequestParser: a body over 16 MiB fails with 413") {
  const std::string body(kHttpBodyBytesMax + 1, 'x');
  CHECK(status_of_failure("PUT /a HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) +
                          "\r\n\r\n" + body) == 413);
}

TEST_CASE("RequestParser: a failure is final, and the requests before it count") {
  RequestParser parser;
  std::vector<HttpRequest> requests;
  CHECK(parser.feed("GET /a HTTP/1.1\r\n\r\n\x01\x02", requests).has_value());
  CHECK(requests.size() == 1);
  CHECK(parser.feed("GET /b HTTP/1.1\r\n\r\n", requests).has_value());
  CHECK(requests.size() == 1);
}

}  // namespace
}  // namespace starling
