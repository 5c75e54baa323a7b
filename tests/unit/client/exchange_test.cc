#include "client/exchange.h"

#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "message/checksum.h"

namespace starling {
namespace {

ClientRequestBody a_get() {
  ClientGet get;
  get.address = {.bucket = "b", .key = "k"};
  return get;
}

GetReply sound_reply() {
  GetReply reply;
  reply.siblings.push_back({.value = "value", .content_type = {}, .modified = {}, .dot = "d"});
  reply.checksum = checksum_of("k", reply.siblings);
  return reply;
}

Exchange answered(ClientReply reply) {
  return {.outcome = ExchangeOutcome::Answered, .problem = {}, .reply = std::move(reply)};
}

Exchange failed(ExchangeOutcome outcome) {
  return {.outcome = outcome,
          .problem = Status(StatusCode::Unreachable, "h:1: gone"),
          .reply = std::nullopt};
}

Exchange exchange_of(StatusCode code) {
  return answered(ErrorReply{.status = Status(code, "why"),
                             .replies = {.required = 2, .received = 1, .primaries = 1}});
}

TEST_CASE("exchange: a sound answer is the end") {
  const Conclusion conclusion = conclude(a_get(), answered(sound_reply()));
  CHECK(conclusion.status.ok());
  CHECK_FALSE(conclusion.may_try_next);
}

TEST_CASE("exchange: an error brings along what happened until then") {
  ErrorReply reply{.status = Status(StatusCode::InDoubt, "why"),
                   .replies = {.required = 2, .received = 1, .primaries = 1}};
  reply.trace.events = {{.at = {}, .kind = TraceEventKind::Silent, .node = "a", .peer = "b"}};
  const Conclusion conclusion = conclude(ClientPut{}, answered(reply));
  CHECK(conclusion.status.trace() == reply.trace);
  CHECK(conclusion.status.received() == 1);
}

TEST_CASE("exchange: what was never sent may go anywhere, write or not") {
  for (const ClientRequestBody& request : {a_get(), ClientRequestBody(ClientPut{})}) {
    const Conclusion conclusion = conclude(request, failed(ExchangeOutcome::NotSent));
    CHECK(conclusion.status.code() == StatusCode::Unreachable);
    CHECK(conclusion.may_try_next);
  }
}

TEST_CASE("exchange: a write without an answer is in doubt, and is not repeated") {
  for (const ClientRequestBody& request :
       {ClientRequestBody(ClientPut{}), ClientRequestBody(ClientDelete{})}) {
    const Conclusion conclusion = conclude(request, failed(ExchangeOutcome::NoAnswer));
    CHECK(conclusion.status.code() == StatusCode::InDoubt);
    CHECK_FALSE(conclusion.may_try_next);
  }
}

TEST_CASE("exchange: a read without an answer may go to the next") {
  const Conclusion conclusion = conclude(a_get(), failed(ExchangeOutcome::NoAnswer));
  CHECK(conclusion.status.code() == StatusCode::Unavailable);
  CHECK(conclusion.may_try_next);
}

TEST_CASE("exchange: an error after which nothing was applied may be tried at the next") {
  for (const StatusCode code :
       {StatusCode::Unavailable, StatusCode::Overloaded, StatusCode::DiskFull}) {
    const Conclusion conclusion = conclude(ClientPut{}, exchange_of(code));
    CHECK(conclusion.status.code() == code);
    CHECK(conclusion.may_try_next);
    CHECK(conclusion.status.required() == 2);
    CHECK(conclusion.status.received() == 1);
  }
}

TEST_CASE("exchange: every other error is the end") {
  for (const StatusCode code : {StatusCode::InDoubt, StatusCode::Usage, StatusCode::BadContext,
                                StatusCode::TooManySiblings, StatusCode::Failure}) {
    CHECK(conclude(ClientPut{}, exchange_of(code)).status.code() == code);
    CHECK_FALSE(conclude(ClientPut{}, exchange_of(code)).may_try_next);
  }
}

TEST_CASE("exchange: a value that was damaged on its way is no answer") {
  GetReply reply = sound_reply();
  reply.siblings.front().value = "other";
  const Conclusion conclusion = conclude(a_get(), answered(reply));
  CHECK_FALSE(conclusion.status.ok());
  CHECK(conclusion.may_try_next);
}

TEST_CASE("exchange: an answer of the wrong kind leaves a write in doubt") {
  CHECK(conclude(ClientPut{}, answered(KeysReply{})).status.code() == StatusCode::InDoubt);
  CHECK_FALSE(check_reply(a_get(), PutReply{}).ok());
  CHECK(check_reply(ClientKeys{}, KeysReply{}).ok());
  CHECK(check_reply(ClientDelete{}, PutReply{}).ok());
  CHECK(check_reply(ClientNodeInfo{}, NodeInfoReply{}).ok());
}

TEST_CASE("exchange: a server's error says more than silence does") {
  const Status gone(StatusCode::Unreachable, "a");
  const Status busy(StatusCode::Overloaded, "b");
  CHECK(more_telling(gone, busy) == busy);
  CHECK(more_telling(busy, gone) == busy);
  CHECK(more_telling(Status(), gone) == gone);
  CHECK(more_telling(gone, Status(StatusCode::Unreachable, "c")).message() == "a; c");
}

}  // namespace
}  // namespace starling
