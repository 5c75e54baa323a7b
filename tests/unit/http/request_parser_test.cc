#include "http/request_parser.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "http/http_message.h"

namespace starling {
namespace {

using Outcome = RequestParser::Outcome;

struct Heard : RequestParser::Events {
  void on_head(const HttpRequest& head) override {
    heads.push_back(head);
    bodies.emplace_back();
  }
  void on_body(std::string_view portion) override { bodies.back() += portion; }

  std::vector<HttpRequest> heads;
  std::vector<std::string> bodies;
};

struct Parsed : Heard {
  // All of it, request after request, in portions of `cut` bytes at most.
  explicit Parsed(std::string_view bytes, std::size_t cut = std::string_view::npos) {
    while (!bytes.empty() && outcome != Outcome::Failed) {
      const RequestParser::Progress progress = parser.feed(bytes.substr(0, cut));
      outcome = progress.outcome;
      bytes.remove_prefix(progress.taken);
      complete += outcome == Outcome::Complete ? 1 : 0;
    }
  }
  [[nodiscard]] int failure() const {
    return outcome == Outcome::Failed ? parser.failure().status : 0;
  }

  RequestParser parser{*this};
  Outcome outcome = Outcome::More;
  int complete = 0;
};

TEST_CASE("RequestParser: a request may come byte by byte") {
  Heard heard;
  RequestParser parser(heard);
  const std::string_view bytes = "GET /readyz?verbose HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const char& c : bytes.substr(0, bytes.size() - 1)) {
    REQUIRE(parser.feed(std::string_view(&c, 1)).outcome == Outcome::More);
    CHECK(parser.within_request());
  }
  CHECK(heard.heads.empty());
  CHECK(parser.feed(bytes.substr(bytes.size() - 1)).outcome == Outcome::Complete);
  CHECK_FALSE(parser.within_request());
  REQUIRE(heard.heads.size() == 1);
  CHECK(heard.heads[0].method == "GET");
  CHECK(heard.heads[0].target == "/readyz?verbose");
  CHECK(heard.heads[0].keep_alive);
}

TEST_CASE("RequestParser: it stops behind each request") {
  Heard heard;
  RequestParser parser(heard);
  const std::string first = "GET /a HTTP/1.1\r\n\r\n";
  const RequestParser::Progress progress =
      parser.feed(first + "HEAD /b HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK(progress.outcome == Outcome::Complete);
  CHECK(progress.taken == first.size());
  CHECK(heard.heads.size() == 1);
}

TEST_CASE("RequestParser: the head is told before the body, with the length of it") {
  Heard heard;
  RequestParser parser(heard);
  const std::string_view head = "PUT /v1/kv/b/k HTTP/1.1\r\nContent-Length: 5\r\n\r\n";
  CHECK(parser.feed(head).outcome == Outcome::More);
  REQUIRE(heard.heads.size() == 1);
  CHECK(heard.heads[0].content_length == 5);
  CHECK(heard.heads[0].has_body());
  const RequestParser::Progress progress = parser.feed("helloGET");
  CHECK(progress.outcome == Outcome::Complete);
  CHECK(progress.taken == 5);
  CHECK(heard.bodies[0] == "hello");
}

TEST_CASE("RequestParser: a chunked body is put together, and its trailers mean nothing") {
  const Parsed parsed(
      "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n"
      "X-Starling-Context: late\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
  REQUIRE(parsed.complete == 2);
  CHECK(parsed.heads[0].chunked);
  CHECK_FALSE(parsed.heads[0].content_length.has_value());
  CHECK(parsed.bodies[0] == "hello");
  CHECK(parsed.heads[0].field(HttpField::Context).empty());
  CHECK(parsed.heads[1].target == "/b");
}

TEST_CASE("RequestParser: keeps the headers that mean something, whatever their case") {
  const Parsed parsed(
      "GET /a HTTP/1.1\r\nX-STARLING-context: abc \t\r\nX-Other: x\r\naccept: a/b\r\n"
      "Accept: c/d\r\n\r\n");
  REQUIRE(parsed.complete == 1);
  CHECK(parsed.heads[0].field(HttpField::Context) == "abc");
  CHECK(parsed.heads[0].field(HttpField::Accept) == "a/b, c/d");
  CHECK(parsed.heads[0].fields.size() == 2);
}

TEST_CASE("RequestParser: two contexts, or two content types, fail with 400") {
  CHECK(Parsed("GET /a HTTP/1.1\r\nX-Starling-Context: a\r\nX-Starling-Context: a\r\n\r\n")
            .failure() == 400);
  CHECK(Parsed("PUT /a HTTP/1.1\r\nContent-Type: a\r\nContent-Type: b\r\n\r\n").failure() == 400);
}

TEST_CASE("RequestParser: a target that names the host means the same") {
  CHECK(Parsed("GET http://h:1/a?b HTTP/1.1\r\n\r\n").heads.at(0).target == "/a?b");
  CHECK(Parsed("GET http://h HTTP/1.1\r\n\r\n").heads.at(0).target == "/");
}

TEST_CASE("RequestParser: an offer to change the protocol is passed over") {
  const Parsed parsed(
      "GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
  CHECK(parsed.complete == 2);
  CHECK(parsed.failure() == 0);
}

TEST_CASE("RequestParser: whether the connection stays is the request's word and its version's") {
  CHECK_FALSE(Parsed("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n").heads.at(0).keep_alive);
  CHECK_FALSE(Parsed("GET /a HTTP/1.0\r\n\r\n").heads.at(0).keep_alive);
  CHECK(Parsed("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").heads.at(0).keep_alive);
}

TEST_CASE("RequestParser: what is not HTTP fails with 400") {
  CHECK(Parsed("STRL\x01\x02\x03\x04").failure() == 400);
  CHECK(Parsed("GET /a b HTTP/1.1\r\n\r\n").failure() == 400);
  CHECK(Parsed("GET /a HTTP/1.1\r\nbad header\r\n\r\n").failure() == 400);
  CHECK(Parsed("GET /a HTTP/1.1\r\nContent-Length: x\r\n\r\n").failure() == 400);
  CHECK(Parsed("GET /a HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n").failure() == 400);
}

TEST_CASE("RequestParser: two lengths for one body are smuggling, and fail") {
  CHECK(Parsed("PUT /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"
               "\r\n0\r\n\r\n")
            .failure() == 400);
}

TEST_CASE("RequestParser: headers over 32 KiB fail with 431") {
  const std::string fits(kHttpHeaderBytesMax - 20, 'x');
  CHECK(Parsed("GET /a HTTP/1.1\r\nName: " + fits + "\r\n\r\n").failure() == 0);
  const std::string too_long(kHttpHeaderBytesMax, 'x');
  CHECK(Parsed("GET /a HTTP/1.1\r\nName: " + too_long + "\r\n\r\n").failure() == 431);
  CHECK(Parsed("GET /" + too_long).failure() == 431);
}

TEST_CASE("RequestParser: which fault comes first is no matter of how the stream was cut") {
  const std::string within = "GET /" + std::string(kHttpHeaderBytesMax - 100, 'x') + "\x7f";
  const std::string behind = "GET /" + std::string(kHttpHeaderBytesMax + 100, 'x') + "\x7f";
  const std::string next = "PUT /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nv" + behind;
  for (const std::size_t cut : {1U, 1799U, 1800U, 100'000U}) {
    CAPTURE(cut);
    CHECK(Parsed(within, cut).failure() == 400);
    CHECK(Parsed(behind, cut).failure() == 431);
    CHECK(Parsed(next, cut).failure() == 431);
  }
}

TEST_CASE("RequestParser: a failure is final, and the requests before it count") {
  Parsed parsed("GET /a HTTP/1.1\r\n\r\n\x01\x02");
  CHECK(parsed.failure() == 400);
  CHECK(parsed.complete == 1);
  CHECK(parsed.parser.feed("GET /b HTTP/1.1\r\n\r\n").outcome == Outcome::Failed);
  CHECK(parsed.heads.size() == 1);
}

}  // namespace
}  // namespace starling
