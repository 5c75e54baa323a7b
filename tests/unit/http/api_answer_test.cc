#include "http/api_answer.h"

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "http/api_call.h"
#include "http/http_message.h"
#include "message/checksum.h"
#include "message/client_messages.h"

namespace starling {
namespace {

const ApiQuestion kQuestion{.address = {.bucket = "carts", .key = "alice"}};

GetReply reply_with(std::vector<SiblingReply> siblings) {
  GetReply reply{.siblings = std::move(siblings), .context = "ctx"};
  reply.checksum = checksum_of("alice", reply.siblings);
  return reply;
}

const SiblingReply kApples{.value = "apples", .content_type = "text/plain", .dot = "a-1.1"};
const SiblingReply kPear{.value = "pear\r\n", .content_type = "", .dot = "b-1.1"};

HttpResponse answer_to(const ApiQuestion& question, ClientReply reply) {
  return api_answer(question, std::move(reply), "BOUNDARY");
}

std::string field_of(const HttpResponse& response, const std::string& name) {
  for (const HttpResponse::Field& field : response.fields) {
    if (field.name == name) return field.value;
  }
  return "(none)";
}

bool has(const HttpResponse& response, const std::string& words) {
  return response.body.find(words) != std::string::npos;
}

TEST_CASE("ApiAnswer: one value is sent as it is, with its type and what was seen") {
  const HttpResponse response = answer_to(kQuestion, reply_with({kApples}));
  CHECK(response.status == 200);
  CHECK(response.body == "apples");
  CHECK(response.content_type == "text/plain");
  CHECK(field_of(response, "X-Starling-Context") == "ctx");
  CHECK(field_of(response, "X-Starling-Dot") == "a-1.1");
  CHECK(field_of(response, "ETag") == etag_of(reply_with({kApples})));
  CHECK(response.cache_control == "no-cache");
}

TEST_CASE("ApiAnswer: one value stays raw when JSON is accepted: it may be JSON itself") {
  ApiQuestion question = kQuestion;
  question.wants_json = true;
  CHECK(answer_to(question, reply_with({kApples})).body == "apples");
}

TEST_CASE("ApiAnswer: a type that would break out of its header is not sent") {
  SiblingReply sibling = kApples;
  for (const char* const type : {"", "a\r\nSet-Cookie: x", "t\xc3\xa4xt", "a\tb"}) {
    sibling.content_type = type;
    CHECK(answer_to(kQuestion, reply_with({sibling})).content_type == "application/octet-stream");
  }
}

TEST_CASE("ApiAnswer: browsers are told to make nothing of a value") {
  const HttpResponse response = answer_to(kQuestion, reply_with({kApples}));
  CHECK(field_of(response, "X-Content-Type-Options") == "nosniff");
  CHECK(field_of(response, "Content-Security-Policy") == "sandbox");
}

TEST_CASE("ApiAnswer: several values are 300, a part each") {
  const HttpResponse response = answer_to(kQuestion, reply_with({kApples, kPear}));
  CHECK(response.status == 300);
  CHECK(response.content_type == "multipart/mixed; boundary=BOUNDARY");
  CHECK(field_of(response, "X-Starling-Context") == "ctx");
  CHECK(field_of(response, "ETag").starts_with("W/\""));
  CHECK(response.body ==
        "--BOUNDARY\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nX-Starling-Dot: a-1.1\r\n"
        "X-Starling-Modified: 1970-01-01T00:00:00.000Z\r\n\r\napples\r\n"
        "--BOUNDARY\r\nContent-Type: application/octet-stream\r\nContent-Length: 6\r\n"
        "X-Starling-Dot: b-1.1\r\nX-Starling-Modified: 1970-01-01T00:00:00.000Z\r\n\r\npear\r\n\r\n"
        "--BOUNDARY--\r\n");
}

TEST_CASE("ApiAnswer: several values are the tool's JSON where that is asked for") {
  ApiQuestion question = kQuestion;
  question.wants_json = true;
  const HttpResponse response = answer_to(question, reply_with({kApples, kPear}));
  CHECK(response.status == 300);
  CHECK(response.content_type == "application/json");
  CHECK(response.body.starts_with(
      R"({"bucket":"carts","key":"alice","found":true,"context":"ctx","siblings":[{"value":)"));
}

TEST_CASE("ApiAnswer: nothing is 404, with the context of what is gone") {
  const HttpResponse response = answer_to(kQuestion, reply_with({}));
  CHECK(response.status == 404);
  CHECK(field_of(response, "X-Starling-Context") == "ctx");
  CHECK(has(response, R"("found":false,"context":"ctx","siblings":[])"));
  CHECK(has(response, R"("error":{"code":"not_found")"));
  GetReply never = reply_with({});
  never.context.clear();
  CHECK(field_of(answer_to(kQuestion, never), "X-Starling-Context") == "(none)");
}

TEST_CASE("ApiAnswer: who has the values already is told so, in any form of the tag") {
  ApiQuestion question = kQuestion;
  const GetReply reply = reply_with({kApples, kPear});
  for (const std::string& known : {etag_of(reply), "W/" + etag_of(reply),
                                   "\"other\", W/" + etag_of(reply), std::string("*")}) {
    CAPTURE(known);
    question.if_none_match = known;
    const HttpResponse response = answer_to(question, reply);
    CHECK(response.status == 304);
    CHECK_FALSE(response.has_body());
    CHECK(field_of(response, "X-Starling-Context") == "ctx");
  }
  CHECK(answer_to(question, reply_with({})).status == 404);
  question.if_none_match = etag_of(reply_with({kApples}));
  CHECK(answer_to(question, reply).status == 300);
}

TEST_CASE("ApiAnswer: a value that is not what its checksum says is not sent") {
  GetReply reply = reply_with({kApples});
  reply.siblings[0].value[0] ^= 1;
  CHECK(answer_to(kQuestion, reply).status == 500);
}

TEST_CASE("ApiAnswer: a context too long to come back is refused, unless it is a write's") {
  GetReply reply = reply_with({kApples});
  reply.context = std::string(kHttpContextBytesMax + 1, 'c');
  CHECK(answer_to(kQuestion, reply).status == 413);
  const HttpResponse written = answer_to(kQuestion, PutReply{.context = reply.context});
  CHECK(written.status == 204);
  CHECK(field_of(written, "X-Starling-Context") == "(none)");
}

TEST_CASE("ApiAnswer: a write says nothing but its context, and how many values there are") {
  const HttpResponse response = answer_to(kQuestion, PutReply{.context = "ctx", .siblings = 2});
  CHECK(response.status == 204);
  CHECK(field_of(response, "X-Starling-Context") == "ctx");
  CHECK(field_of(response, "X-Starling-Siblings") == "2");
}

TEST_CASE("ApiAnswer: an error says how many replicas were needed and answered") {
  const HttpResponse response =
      answer_to(kQuestion, ErrorReply{.status = Status(StatusCode::InDoubt, "no verdict"),
                                      .replies = {.required = 2, .received = 1}});
  CHECK(response.status == 504);
  CHECK(has(response, R"("in_doubt":true,"required":2,"received":1)"));
}

TEST_CASE("ApiAnswer: what is told of the cluster is the tool's JSON") {
  CHECK(has(answer_to({}, ClusterStatusReply{.cluster = "c"}), R"({"cluster":"c","epoch":0)"));
  CHECK(has(answer_to({}, ClusterTasksReply{}), R"({"tasks":[],"unanswered":[]})"));
  CHECK(has(answer_to({}, ClusterDigestReply{.agree = true}), R"("agree":true)"));
  CHECK(has(answer_to({}, NodeInfoReply{.name = "n"}), R"({"name":"n")"));
  CHECK(has(answer_to({.address = {.bucket = "b"}}, KeysReply{.keys = {"k"}, .cursor = "c"}),
            R"({"bucket":"b","keys":["k"],"cursor":"c"})"));
  const ClusterRingReply ring{.partitions = {{.owners = {"a"}, .fallbacks = {"b"}}}};
  CHECK(has(answer_to({}, ring), R"({"epoch":0,"partitions":[{"partition":0,"owners":["a"]}]})"));
  CHECK(has(answer_to({.wants_one_row = true}, ring),
            R"({"partition":0,"owners":["a"],"fallbacks":["b"]})"));
}

TEST_CASE("ApiAnswer: its size is known before it is made") {
  const std::string value(100'000, 'v');
  const GetReply one = reply_with({{.value = value}});
  CHECK(api_answer_bytes(kQuestion, one) >= answer_to(kQuestion, one).body.size());
  ApiQuestion question = kQuestion;
  question.wants_json = true;
  const GetReply two = reply_with({{.value = value}, {.value = value}});
  CHECK(api_answer_bytes(question, two) >= answer_to(question, two).body.size());
  const KeysReply page{.keys = {value}};
  CHECK(api_answer_bytes({}, page) >= answer_to({}, page).body.size());
}

}  // namespace
}  // namespace starling
