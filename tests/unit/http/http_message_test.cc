#include "http/http_message.h"

#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

TEST_CASE("HttpRequest: the query stands behind the first question mark") {
  const HttpRequest request{.method = "GET", .target = "/readyz?verbose?x"};
  CHECK(request.path() == "/readyz");
  CHECK(request.query() == "verbose?x");
  CHECK(HttpRequest{.method = "GET", .target = "/livez"}.query().empty());
}

TEST_CASE("HttpResponse: its bytes are a whole HTTP/1.1 message") {
  const HttpRequest request{.method = "GET", .target = "/livez"};
  CHECK(to_bytes({.status = 200, .body = "ok\n", .allow = {}}, request) ==
        "HTTP/1.1 200 OK\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 3\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: keep-alive\r\n"
        "\r\n"
        "ok\n");
}

TEST_CASE("HttpResponse: HEAD gets the length of the body without the body") {
  const HttpRequest request{.method = "HEAD", .target = "/livez", .keep_alive = false};
  const std::string bytes = to_bytes({.status = 200, .body = "ok\n", .allow = {}}, request);
  CHECK(bytes.find("Content-Length: 3\r\n") != std::string::npos);
  CHECK(bytes.find("Connection: close\r\n") != std::string::npos);
  CHECK(bytes.ends_with("\r\n\r\n"));
}

TEST_CASE("HttpResponse: an error is the JSON that the command-line tool prints too") {
  const HttpResponse response = error_response(404, "not_found", "no such route");
  CHECK(response.status == 404);
  CHECK(response.content_type == "application/json");
  CHECK(response.body ==
        "{\"error\":{\"code\":\"not_found\",\"message\":\"no such route\",\"in_doubt\":false,"
        "\"retryable\":false}}\n");
}

}  // namespace
}  // namespace starling
