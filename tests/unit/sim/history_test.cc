#include "sim/history.h"

#include <cstdint>

#include <doctest/doctest.h>

#include "starling/status.h"

namespace starling::sim {
namespace {

TEST_CASE("History: a request reads well in a timeline") {
  Operation put;
  put.number = 4;
  put.kind = OperationKind::Put;
  put.write = 7;
  put.required = 2;
  CHECK(describe_request(put) == "#4 put w7 needs 2 blind");
  put.context.text = "opaque";
  for (std::uint32_t write = 0; write < 9; ++write) put.context.seen.add(write);
  CHECK(describe_request(put) == "#4 put w7 needs 2 knowing ...,w3,w4,w5,w6,w7,w8");
}

TEST_CASE("History: an answer says what came back") {
  Operation get;
  get.number = 5;
  get.outcome = Outcome::Acknowledged;
  get.returned = {1, 2};
  get.protected_read = true;
  CHECK(describe_answer(get) == "#5 ok: w1,w2, protected");
  get.outcome = Outcome::NotApplied;
  get.status = {StatusCode::Unavailable, "too few"};
  CHECK(describe_answer(get) == "#5 not applied: unavailable: too few");
}

}  // namespace
}  // namespace starling::sim
