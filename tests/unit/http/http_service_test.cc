#include "http/http_service.h"

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "http_fixture.h"

namespace starling {
namespace {

TEST_CASE("HttpService: no connection of the transport has the number of one of its own") {
  CHECK_FALSE(HttpService::owns({.connection = 1, .request = 1}));
  HttpFixture fixture;
  fixture.connection.on_bytes("GET /v1/tasks HTTP/1.1\r\n\r\n");
  REQUIRE(fixture.asked.size() == 1);
  CHECK(HttpService::owns(fixture.asked[0].client));
}

TEST_CASE("HttpService: a reply finds its connection among others, and nobody when that is gone") {
  HttpFixture fixture;
  RecordedStream other_stream;
  auto other = std::make_unique<HttpConnection>(fixture.service, other_stream);
  CHECK(fixture.service.connections() == 2);
  fixture.connection.on_bytes("GET /v1/tasks HTTP/1.1\r\n\r\n");
  other->on_bytes("GET /v1/tasks HTTP/1.1\r\n\r\n");
  REQUIRE(fixture.asked.size() == 2);
  fixture.service.reply(fixture.asked[0].client, ClusterTasksReply{});
  CHECK(fixture.stream.answers() == 1);
  CHECK(other_stream.answers() == 0);
  other.reset();
  fixture.service.reply(fixture.asked[1].client, ClusterTasksReply{});
  CHECK(fixture.service.connections() == 1);
}

TEST_CASE("HttpService: each request has a number of its own, each boundary a text of its own") {
  HttpFixture fixture;
  CHECK(fixture.service.next_request_id() != fixture.service.next_request_id());
  CHECK(fixture.service.draw_boundary() != fixture.service.draw_boundary());
  CHECK(fixture.service.draw_boundary().size() <= 70);  // RFC 2046
}

TEST_CASE("HttpService: counts answers by the first digit of their status") {
  HttpFixture fixture;
  fixture.connection.on_bytes("GET /livez HTTP/1.1\r\n\r\n");
  fixture.connection.on_bytes("GET /nowhere HTTP/1.1\r\n\r\n");
  CHECK(fixture.service.metrics().answers[2] == 1);
  CHECK(fixture.service.metrics().answers[4] == 1);
}

}  // namespace
}  // namespace starling
