#include "http/api_call.h"

#include <chrono>
#include <map>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "http/http_message.h"

namespace starling {
namespace {

using namespace std::chrono_literals;
using Fields = std::map<HttpField, std::string>;

std::variant<ApiCall, HttpResponse> made(const std::string& method, const std::string& target,
                                         const Fields& fields = {}) {
  return api_call_of({.method = method, .target = target, .fields = fields});
}

template <typename Body>
Body call(const std::string& method, const std::string& target, const Fields& fields = {}) {
  const auto outcome = made(method, target, fields);
  REQUIRE(std::holds_alternative<ApiCall>(outcome));
  const ClientRequestBody& body = std::get<ApiCall>(outcome).request.body;
  REQUIRE(std::holds_alternative<Body>(body));
  return std::get<Body>(body);
}

HttpResponse refusal(const std::string& method, const std::string& target,
                     const Fields& fields = {}) {
  const auto outcome = made(method, target, fields);
  REQUIRE(std::holds_alternative<HttpResponse>(outcome));
  return std::get<HttpResponse>(outcome);
}

bool says(const HttpResponse& response, const std::string& words) {
  return response.body.find(words) != std::string::npos;
}

TEST_CASE("ApiCall: a GET is a read at the levels that were asked for") {
  const auto get =
      call<ClientGet>("GET", "/v1/kv/carts/alice?r=all&pr=1", {{HttpField::Context, "seen"}});
  CHECK(get.address == KeyAddress{.bucket = "carts", .key = "alice"});
  CHECK(get.levels == ReadLevels{.r = Level::all(), .pr = Level::count(1)});
  CHECK(get.context == "seen");
  CHECK(call<ClientGet>("HEAD", "/v1/kv/b/k").levels == ReadLevels{});
}

TEST_CASE("ApiCall: a PUT keeps its content type, its context and its levels") {
  const auto put = call<ClientPut>("PUT", "/v1/kv/b/k?w=3&pw=2&dw=1&sloppy",
                                   {{HttpField::ContentType, "a/b"}, {HttpField::Context, "seen"}});
  CHECK(put.levels ==
        WriteLevels{
            .w = Level::count(3), .pw = Level::count(2), .dw = Level::count(1), .sloppy = true});
  CHECK(put.content_type == "a/b");
  CHECK(put.context == "seen");
  CHECK_FALSE(call<ClientPut>("PUT", "/v1/kv/b/k?strict").levels.sloppy);
}

TEST_CASE("ApiCall: a DELETE has the levels of a read and of a write") {
  const auto deletion = call<ClientDelete>("DELETE", "/v1/kv/b/k?r=1&w=all");
  CHECK(deletion.read_levels.r == Level::count(1));
  CHECK(deletion.levels.w == Level::all());
  CHECK(deletion.context.empty());
}

TEST_CASE("ApiCall: a key is any bytes, slashes as they are or encoded") {
  CHECK(call<ClientGet>("GET", "/v1/kv/b/a/b//c").address.key == "a/b//c");
  CHECK(call<ClientGet>("GET", "/v1/kv/b/a%2Fb").address.key == "a/b");
  CHECK(call<ClientGet>("GET", "/v1/kv/b/%00%ff+").address.key == std::string("\0\xff+", 3));
}

TEST_CASE("ApiCall: a bucket alone is a page of its keys") {
  const auto keys =
      call<ClientKeys>("GET", "/v1/kv/b?prefix=a%2F&limit=7&after=a%2Fb&cursor=c&r=1");
  CHECK(keys == ClientKeys{.bucket = "b",
                           .prefix = "a/",
                           .after = "a/b",
                           .cursor = "c",
                           .limit = 7,
                           .levels = {.r = Level::count(1)}});
  CHECK(call<ClientKeys>("GET", "/v1/kv/b").limit == 1000);
}

TEST_CASE("ApiCall: every question about the cluster is one call") {
  call<ClientClusterStatus>("GET", "/v1/cluster");
  call<ClientClusterDigest>("GET", "/v1/digest");
  call<ClientClusterTasks>("GET", "/v1/tasks");
  call<ClientNodeInfo>("GET", "/v1/node");
  CHECK(call<ClientClusterChange>("GET", "/v1/plan").order.verb == ChangeVerb::Plan);
  CHECK_FALSE(call<ClientClusterRing>("GET", "/v1/ring").address.has_value());
  CHECK(call<ClientClusterRing>("GET", "/v1/ring?key=b/k%2Fl").address ==
        KeyAddress{.bucket = "b", .key = "k/l"});
  CHECK(refusal("GET", "/v1/ring?key=b").status == 400);
}

TEST_CASE("ApiCall: the timeout is the request's, or five seconds") {
  const auto remaining = [](const std::string& target) {
    return std::get<ApiCall>(made("GET", target)).request.remaining;
  };
  CHECK(remaining("/v1/kv/b/k?timeout=250ms") == 250ms);
  CHECK(remaining("/v1/tasks") == 5s);
}

TEST_CASE("ApiCall: JSON is what the Accept header asks for") {
  const auto wants = [](const std::string& accept) {
    return std::get<ApiCall>(made("GET", "/v1/kv/b/k", {{HttpField::Accept, accept}}))
        .question.wants_json;
  };
  CHECK(wants("application/json"));
  CHECK(wants("text/html, Application/JSON; q=0.9"));
  CHECK_FALSE(wants(""));
  CHECK_FALSE(wants("*/*"));
  CHECK_FALSE(wants("multipart/mixed"));
  CHECK_FALSE(wants("application/json;q=0"));
  CHECK_FALSE(wants("application/jsonp"));
}

TEST_CASE("ApiCall: bad names and encodings are 400") {
  for (const char* const target :
       {"/v1/kv/", "/v1/kv//k", "/v1/kv/a%2Fb/k", "/v1/kv/b/", "/v1/kv/b/%4", "/v1/kv/b%/k"}) {
    CAPTURE(target);
    CHECK(refusal("GET", target).status == 400);
  }
  CHECK(refusal("PUT", "/v1/kv/b/" + std::string(4097, 'k')).status == 400);
  CHECK(refusal("GET", "/v1/kv/" + std::string(256, 'b')).status == 400);
}

TEST_CASE("ApiCall: an option of another request, of nobody, or of a later version is 400") {
  CHECK(says(refusal("PUT", "/v1/kv/b/k?r=1"), "'r'"));
  CHECK(says(refusal("GET", "/v1/kv/b/k?w=1"), "'w'"));
  CHECK(says(refusal("GET", "/v1/kv/b/k?limit=1"), "'limit'"));
  CHECK(says(refusal("PUT", "/v1/kv/b/k?ttl=1h"), "not in this version"));
  CHECK(says(refusal("PUT", "/v1/kv/b/k?sloppy&strict"), "strict or sloppy"));
  CHECK(says(refusal("GET", "/v1/kv/b?limit=10001"), "10000"));
  CHECK(says(refusal("GET", "/v1/kv/b?after=" + std::string(4097, 'k')), "4096"));
  CHECK(refusal("GET", "/v1/cluster?r=1").status == 400);
}

TEST_CASE("ApiCall: a condition that can not be kept is refused rather than passed over") {
  CHECK(refusal("PUT", "/v1/kv/b/k", {{HttpField::IfNoneMatch, "*"}}).status == 400);
  CHECK(refusal("DELETE", "/v1/kv/b/k", {{HttpField::IfMatch, "\"x\""}}).status == 400);
  CHECK(refusal("GET", "/v1/kv/b/k", {{HttpField::IfMatch, "\"x\""}}).status == 400);
  const auto outcome = made("GET", "/v1/kv/b/k", {{HttpField::IfNoneMatch, "\"x\""}});
  CHECK(std::get<ApiCall>(outcome).question.if_none_match == "\"x\"");
}

TEST_CASE("ApiCall: what would say how to read a value is refused where it is not kept") {
  CHECK(refusal("PUT", "/v1/kv/b/k", {{HttpField::ContentEncoding, "gzip"}}).status == 400);
  CHECK(refusal("PUT", "/v1/kv/b/k", {{HttpField::ContentRange, "bytes 0-1/2"}}).status == 400);
  CHECK(refusal("PUT", "/v1/kv/b/k", {{HttpField::ContentType, std::string(256, 't')}}).status ==
        413);
  call<ClientPut>("PUT", "/v1/kv/b/k", {{HttpField::ContentEncoding, "identity"}});
}

TEST_CASE("ApiCall: another method is 405, with those that there are") {
  const HttpResponse of_key = refusal("POST", "/v1/kv/b/k");
  CHECK(of_key.status == 405);
  CHECK(of_key.fields.at(0).value == "GET, HEAD, PUT, DELETE");
  CHECK(refusal("PUT", "/v1/kv/b").fields.at(0).value == "GET, HEAD");
  CHECK(refusal("DELETE", "/v1/cluster").status == 405);
}

TEST_CASE("ApiCall: a route of a later version is 501 and names those that there are") {
  const HttpResponse response = refusal("GET", "/v1/buckets");
  CHECK(response.status == 501);
  CHECK(says(response, "not in this version"));
  CHECK(says(response, "/v1/kv/BUCKET/KEY"));
}

}  // namespace
}  // namespace starling
