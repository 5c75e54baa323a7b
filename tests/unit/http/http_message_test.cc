#include "http/http_message.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

namespace starling {
namespace {

using namespace std::chrono_literals;

TEST_CASE("HttpRequest: the query stands behind the first question mark") {
  const HttpRequest request{.method = "GET", .target = "/readyz?verbose?x"};
  CHECK(request.path() == "/readyz");
  CHECK(request.query() == "verbose?x");
  CHECK(HttpRequest{.method = "GET", .target = "/livez"}.query().empty());
}

TEST_CASE("HttpRequest: a header that was not sent reads as empty") {
  const HttpRequest request{.fields = {{HttpField::Accept, "a/b"}}};
  CHECK(request.field(HttpField::Accept) == "a/b");
  CHECK(request.field(HttpField::Context).empty());
}

TEST_CASE("HttpResponse: its head is all that stands before the body") {
  CHECK(head_bytes({.status = 200, .body = "ok\n", .fields = {{.name = "ETag", .value = "\"x\""}}},
                   HttpConnectionEnd::KeepAlive) ==
        "HTTP/1.1 200 OK\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 3\r\n"
        "ETag: \"x\"\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: keep-alive\r\n"
        "\r\n");
}

TEST_CASE("HttpResponse: a status that says all has no body and tells no length") {
  for (const int status : {204, 304}) {
    const HttpResponse response{.status = status, .body = "unsaid"};
    CHECK_FALSE(response.has_body());
    const std::string head = head_bytes(response, HttpConnectionEnd::Close);
    CHECK(head.find("Content-Length") == std::string::npos);
    CHECK(head.find("Connection: close\r\n") != std::string::npos);
  }
}

TEST_CASE("HttpResponse: an error is the JSON that the command-line tool prints too") {
  const HttpResponse response =
      error_response(Status(StatusCode::Unavailable, "1 \"of\" 2").with_replies(2, 1));
  CHECK(response.status == 503);
  CHECK(response.content_type == "application/json");
  CHECK(response.body ==
        R"({"error":{"code":"unavailable","message":"1 \"of\" 2","in_doubt":false,"required":2,)"
        R"("received":1,"retryable":true}})"
        "\n");
  CHECK(response.fields.empty());
}

TEST_CASE("HttpResponse: every code has the status of README's table") {
  CHECK(error_response(Status(StatusCode::InDoubt, "")).status == 504);
  CHECK(error_response(Status(StatusCode::DiskFull, "")).status == 507);
  CHECK(error_response(Status(StatusCode::TooManySiblings, "")).status == 409);
  CHECK(error_response(Status(StatusCode::BadContext, "")).status == 400);
  CHECK(error_response(Status(StatusCode::Failure, "")).status == 500);
  CHECK(error_response(408, Status(StatusCode::Usage, "")).status == 408);
}

TEST_CASE("HttpResponse: 429 always says when to come again, in whole seconds") {
  const auto retry_after = [](std::chrono::milliseconds wait) {
    const HttpResponse response =
        error_response(Status(StatusCode::Overloaded, "").with_retry_after(wait));
    REQUIRE(response.status == 429);
    REQUIRE(response.fields.size() == 1);
    REQUIRE(response.fields[0].name == "Retry-After");
    return response.fields[0].value;
  };
  CHECK(retry_after(0ms) == "1");
  CHECK(retry_after(50ms) == "1");
  CHECK(retry_after(1001ms) == "2");
}

}  // namespace
}  // namespace starling
