#include "http/http_connection.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "http_fixture.h"
#include "message/checksum.h"
#include "message/client_messages.h"

namespace starling {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMebibyte = std::size_t{1} << 20U;

std::string put_head(std::size_t bytes, const std::string& fields = "") {
  return "PUT /v1/kv/b/k HTTP/1.1\r\nContent-Length: " + std::to_string(bytes) + "\r\n" + fields +
         "\r\n";
}

ClientReply overloaded() {
  return ErrorReply{.status = Status(StatusCode::Overloaded, "busy"), .replies = {}};
}

GetReply value_of(std::size_t bytes) {
  GetReply reply;
  reply.siblings = {{.value = std::string(bytes, 'v'), .dot = "d"}};
  reply.checksum = checksum_of("k", reply.siblings);
  return reply;
}

const std::string kGet = "GET /v1/kv/b/k HTTP/1.1\r\n\r\n";
const std::string kPage = "GET /livez HTTP/1.1\r\n\r\n";

TEST_CASE("HttpConnection: stays open for the next request") {
  HttpFixture fixture;
  fixture.connection.on_bytes(kPage);
  fixture.connection.on_bytes("GET /readyz HTTP/1.1\r\n\r\n");
  CHECK(fixture.stream.answers() == 2);
  CHECK_FALSE(fixture.stream.finished);
}

TEST_CASE("HttpConnection: closes after the request that asks for it") {
  HttpFixture fixture;
  fixture.connection.on_bytes("GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK(fixture.stream.answers() == 1);
  CHECK(fixture.stream.finished);
  fixture.connection.on_bytes(kPage);
  CHECK(fixture.stream.answers() == 1);
}

TEST_CASE("HttpConnection: rubbish gets one answer, then the end") {
  HttpFixture fixture;
  fixture.connection.on_bytes("no such thing\r\n\r\n");
  fixture.connection.on_bytes(kPage);
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 400 "));
  CHECK(fixture.stream.answers() == 1);
  CHECK(fixture.stream.finished);
}

TEST_CASE("HttpConnection: a refused request whose body is rubbish has had its answer") {
  HttpFixture fixture;
  fixture.connection.on_bytes(
      "PUT /v1/kv/b/k?w=most HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "no such size\r\n");
  CHECK(fixture.stream.answers() == 1);
  CHECK(fixture.stream.finished);
}

TEST_CASE("HttpConnection: a HEAD whose body is rubbish gets the head of a refusal only") {
  HttpFixture fixture;
  fixture.connection.on_bytes(
      "HEAD /livez HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno such size\r\n");
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 400 "));
  CHECK(fixture.stream.written.ends_with("\r\n\r\n"));
  CHECK(fixture.stream.answers() == 1);
}

TEST_CASE("HttpConnection: the requests before rubbish are answered") {
  HttpFixture fixture;
  fixture.connection.on_bytes(kPage + "\x01\x02");
  CHECK(fixture.stream.answers() == 2);
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 200 "));
  CHECK(fixture.stream.finished);
}

TEST_CASE("HttpConnection: a put asks the node, with its value, its checksum and a number") {
  HttpFixture fixture;
  fixture.connection.on_bytes(put_head(5) + "he");
  CHECK(fixture.asked.empty());
  fixture.connection.on_bytes("llo");
  REQUIRE(fixture.asked.size() == 1);
  const auto& put = std::get<ClientPut>(fixture.asked[0].request.body);
  CHECK(put.value == "hello");
  CHECK(put.checksum == checksum_of("k", "", "hello"));
  CHECK(put.request != RequestId{});
  CHECK(fixture.connection.use() == StreamUse::Working);
  fixture.reply(PutReply{.context = "ctx", .siblings = 1});
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 204 "));
  CHECK(fixture.connection.use() == StreamUse::Idle);
}

TEST_CASE("HttpConnection: a HEAD gets the head of what GET gets") {
  HttpFixture fixture;
  fixture.connection.on_bytes("HEAD /v1/kv/b/k HTTP/1.1\r\n\r\n");
  fixture.reply(value_of(3));
  CHECK(fixture.stream.written.find("Content-Length: 3\r\n") != std::string::npos);
  CHECK(fixture.stream.written.ends_with("\r\n\r\n"));
}

TEST_CASE("HttpConnection: one request at a time, the others wait in their order") {
  HttpFixture fixture;
  fixture.connection.on_bytes(kGet + kPage + kGet);
  CHECK(fixture.asked.size() == 1);
  CHECK(fixture.stream.paused);
  fixture.connection.on_bytes(kPage);  // was on its way
  CHECK(fixture.stream.written.empty());
  fixture.reply(value_of(1));
  CHECK(fixture.stream.answers() == 1);
  fixture.end_turn();
  CHECK(fixture.stream.answers() == 2);
  CHECK(fixture.asked.size() == 2);
  fixture.reply(value_of(1));
  fixture.end_turn();
  CHECK(fixture.stream.answers() == 4);
  CHECK_FALSE(fixture.stream.paused);
}

TEST_CASE("HttpConnection: a reply to what was answered, or never asked, is nobody's") {
  HttpFixture fixture;
  fixture.connection.on_bytes(kGet);
  const ClientHandle first = fixture.asked[0].client;
  fixture.reply(value_of(1));
  fixture.service.reply(first, value_of(1));
  CHECK(fixture.stream.answers() == 1);
}

TEST_CASE("HttpConnection: a body is wanted before it is sent, where the client waits for that") {
  HttpFixture fixture;
  fixture.connection.on_bytes(put_head(5, "Expect: 100-continue\r\n"));
  CHECK(fixture.stream.take() == "HTTP/1.1 100 Continue\r\n\r\n");
  fixture.connection.on_bytes("hello");
  REQUIRE(fixture.asked.size() == 1);
  fixture.reply(PutReply{});
  CHECK_FALSE(fixture.stream.finished);
}

TEST_CASE("HttpConnection: refused, such a client is not waited for") {
  HttpFixture fixture;
  fixture.connection.on_bytes(
      "PUT /v1/kv/b/k?w=most HTTP/1.1\r\nExpect: 100-continue\r\n"
      "Content-Length: 5\r\n\r\n");
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 400 "));
  CHECK(fixture.stream.written.find("Connection: close") != std::string::npos);
  CHECK(fixture.stream.finished);
}

TEST_CASE("HttpConnection: an expectation or a coding that nobody knows is refused") {
  HttpFixture first;
  first.connection.on_bytes(put_head(1, "Expect: a miracle\r\n"));
  CHECK(first.stream.written.starts_with("HTTP/1.1 417 "));
  HttpFixture second;
  second.connection.on_bytes("PUT /v1/kv/b/k HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
  CHECK(second.stream.written.starts_with("HTTP/1.1 501 "));
}

TEST_CASE("HttpConnection: a head that is answered and can not be read on has one answer") {
  HttpFixture fixture;
  fixture.connection.on_bytes("PUT /v1/kv/b/k HTTP/1.1\r\nTransfer-Encoding: none\r\n\r\n");
  CHECK(fixture.stream.answers() == 1);
  CHECK(fixture.stream.finished);
}

TEST_CASE("HttpConnection: what can not be answered is refused at its head, its body dropped") {
  HttpFixture fixture;
  fixture.connection.on_bytes("PUT /v1/kv/b/k?w=most HTTP/1.1\r\nContent-Length: 5\r\n\r\n");
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 400 "));
  fixture.connection.on_bytes("hello" + kPage);
  CHECK(fixture.stream.answers() == 2);
  CHECK(fixture.asked.empty());
}

TEST_CASE("HttpConnection: a body is charged from its head until the answer") {
  HttpFixture fixture;
  fixture.connection.on_bytes(put_head(kMebibyte));
  CHECK(fixture.requests.used() == kMebibyte);
  fixture.connection.on_bytes(std::string(kMebibyte, 'v'));
  CHECK(fixture.requests.used() == kMebibyte);
  fixture.reply(PutReply{});
  CHECK(fixture.requests.used() == 0);
}

TEST_CASE("HttpConnection: what waits behind a request is charged as well") {
  HttpFixture fixture;
  const std::string behind(40'000, 'x');
  fixture.connection.on_bytes(kGet + behind);
  CHECK(fixture.requests.used() == behind.size());
}

TEST_CASE("HttpConnection: a body without room is refused with 429 before it costs anything") {
  HttpFixture fixture(kMebibyte);
  fixture.connection.on_bytes(put_head(2 * kMebibyte) + std::string(1000, 'v'));
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 429 "));
  CHECK(fixture.stream.written.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(fixture.stream.written.find(R"("retry_after_ms":50)") != std::string::npos);
  CHECK(fixture.requests.used() <= 1000);
  CHECK(fixture.service.metrics().requests_refused == 1);
}

TEST_CASE("HttpConnection: whoever was refused for want of room is not read for a moment") {
  HttpFixture fixture(kMebibyte);
  const std::string body(2 * kMebibyte, 'v');
  fixture.connection.on_bytes(put_head(body.size()));
  CHECK(fixture.stream.paused);
  fixture.wait(HttpConnection::kRefusalPause - 1ms);
  CHECK(fixture.stream.paused);
  fixture.wait(1ms);
  CHECK_FALSE(fixture.stream.paused);
  fixture.connection.on_bytes(body + put_head(body.size()));
  CHECK(fixture.stream.answers() == 2);
  fixture.wait(HttpConnection::kRefusalPause);
  CHECK(fixture.stream.paused);  // twice as long
  fixture.wait(HttpConnection::kRefusalPause);
  CHECK_FALSE(fixture.stream.paused);
}

TEST_CASE("HttpConnection: a large body that the node refuses for want of room costs time too") {
  HttpFixture fixture;
  fixture.connection.on_bytes(put_head(kMebibyte) + std::string(kMebibyte, 'v'));
  fixture.reply(overloaded());
  fixture.end_turn();
  CHECK(fixture.stream.paused);
  fixture.wait(HttpConnection::kRefusalPause);
  CHECK_FALSE(fixture.stream.paused);
}

TEST_CASE("HttpConnection: room for a chunked body is made as it comes") {
  HttpFixture fixture(4 * kMebibyte);
  fixture.connection.on_bytes("PUT /v1/kv/b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(fixture.requests.used() <= ByteBudget::kFloorBytes);
  const std::string chunk = "100000\r\n" + std::string(kMebibyte, 'v') + "\r\n";
  fixture.connection.on_bytes(chunk);
  CHECK(fixture.requests.used() == kMebibyte);
  fixture.connection.on_bytes(chunk + "0\r\n\r\n");
  REQUIRE(fixture.asked.size() == 1);
  CHECK(std::get<ClientPut>(fixture.asked[0].request.body).value.size() == 2 * kMebibyte);
  fixture.reply(PutReply{});
  fixture.connection.on_bytes("PUT /v1/kv/b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  fixture.stream.written.clear();
  for (int i = 0; i < 5; ++i) fixture.connection.on_bytes(chunk);
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 429 "));
  CHECK(fixture.stream.answers() == 1);
}

TEST_CASE("HttpConnection: a body over 16 MiB is 413, told or chunked, and nobody's memory") {
  HttpFixture told;
  told.connection.on_bytes(put_head(kHttpBodyBytesMax + 1));
  CHECK(told.stream.written.starts_with("HTTP/1.1 413 "));
  CHECK(told.stream.finished);
  HttpFixture chunked;
  chunked.connection.on_bytes("PUT /v1/kv/b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "1000000\r\n" + std::string(kHttpBodyBytesMax, 'v') + "\r\n";
  chunked.connection.on_bytes(chunk);
  CHECK(chunked.stream.written.empty());
  chunked.connection.on_bytes("1\r\nv\r\n");
  CHECK(chunked.stream.written.starts_with("HTTP/1.1 413 "));
  CHECK(chunked.requests.used() == 0);
  HttpFixture unwanted;
  unwanted.connection.on_bytes("GET /livez HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk +
                               "1\r\nv\r\n");
  CHECK(unwanted.stream.written.starts_with("HTTP/1.1 413 "));
}

TEST_CASE("HttpConnection: a request that does not arrive in time is answered 408 and closed") {
  HttpFixture fixture;
  fixture.connection.on_bytes("GET /livez HT");
  CHECK(fixture.connection.use() == StreamUse::Receiving);
  fixture.wait(HttpConnection::kRequestTimeout - 1ms);
  fixture.connection.on_bytes("T");
  CHECK(fixture.stream.written.empty());
  fixture.wait(1ms);
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 408 "));
  CHECK(fixture.stream.finished);
}

TEST_CASE("HttpConnection: a large body may take longer, and a dropped one is not waited for") {
  HttpFixture fixture;
  fixture.connection.on_bytes(put_head(4 * kMebibyte) + "v");
  fixture.wait(HttpConnection::kRequestTimeout + 3s);
  CHECK_FALSE(fixture.stream.finished);
  fixture.wait(1s);
  CHECK(fixture.stream.finished);
  HttpFixture refused;
  refused.connection.on_bytes("PUT /v1/kv/b/k?w=most HTTP/1.1\r\nContent-Length: 5\r\n\r\n");
  refused.wait(HttpConnection::kRequestTimeout);
  CHECK(refused.stream.finished);
  CHECK(refused.stream.answers() == 1);
}

TEST_CASE("HttpConnection: the time in which it is not read is not the client's") {
  HttpFixture fixture(kMebibyte);
  fixture.connection.on_bytes(put_head(2 * kMebibyte));
  fixture.wait(HttpConnection::kRefusalPause);
  fixture.wait(HttpConnection::kRequestTimeout + 2s - 1ms);
  CHECK_FALSE(fixture.stream.finished);
  fixture.wait(1ms);
  CHECK(fixture.stream.finished);
}

TEST_CASE("HttpConnection: between requests it waits without a deadline of its own") {
  HttpFixture fixture;
  fixture.connection.on_bytes(kPage);
  fixture.wait(1h);
  CHECK(fixture.connection.use() == StreamUse::Idle);
  CHECK_FALSE(fixture.stream.finished);
}

TEST_CASE("HttpConnection: whoever does not read its answers is not asked what else it wants") {
  HttpFixture fixture;
  fixture.connection.on_bytes(kGet + kGet);
  fixture.reply(value_of(kMebibyte));
  fixture.connection.on_output(kMebibyte);  // nothing of it could be sent
  fixture.connection.on_wake();
  CHECK(fixture.asked.size() == 1);
  CHECK(fixture.stream.paused);
  CHECK(fixture.answers.used() >= kMebibyte);
  fixture.end_turn();
  CHECK(fixture.asked.size() == 2);
  CHECK(fixture.answers.used() == 0);
}

TEST_CASE("HttpConnection: an answer without room is refused; one that never fits says so") {
  HttpFixture fixture(kMebibyte);
  fixture.connection.on_bytes(kGet);
  fixture.reply(value_of(2 * kMebibyte));
  CHECK(fixture.stream.take().starts_with("HTTP/1.1 413 "));
  fixture.end_turn();
  ByteShare others(fixture.answers);
  others.hold(kMebibyte / 2);
  fixture.connection.on_bytes(kGet);
  fixture.reply(value_of(kMebibyte * 3 / 4));
  CHECK(fixture.stream.take().starts_with("HTTP/1.1 429 "));
  CHECK(fixture.service.metrics().answers_refused == 2);
  fixture.end_turn();
  fixture.connection.on_bytes("DELETE /v1/kv/b/k HTTP/1.1\r\n\r\n");
  others.hold(kMebibyte);
  fixture.reply(PutReply{});
  CHECK(fixture.stream.written.starts_with("HTTP/1.1 204 "));
}

TEST_CASE("HttpConnection: what it holds is given back when it is gone") {
  HttpFixture fixture;
  RecordedStream stream;
  {
    HttpConnection connection(fixture.service, stream);
    connection.on_bytes(put_head(kMebibyte) + std::string(kMebibyte, 'v'));
    CHECK(fixture.requests.used() == kMebibyte);
  }
  CHECK(fixture.requests.used() == 0);
  fixture.reply(PutReply{});
  CHECK(stream.written.empty());
}

}  // namespace
}  // namespace starling
