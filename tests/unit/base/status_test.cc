#include "starling/status.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "starling/result.h"

namespace starling {
namespace {

using namespace std::chrono_literals;

Result<int> half(int number) {
  if (number % 2 != 0) return Status(StatusCode::Usage, "odd");
  return number / 2;
}

Result<int> quarter(int number) {
  STARLING_ASSIGN_OR_RETURN(halved, const int rest, half(number));
  return half(rest);
}

TEST_CASE("Status: every code has the exit code and HTTP status of the contract") {
  CHECK(exit_code_of(StatusCode::Ok) == 0);
  CHECK(exit_code_of(StatusCode::TooLarge) == 2);
  CHECK(exit_code_of(StatusCode::Unavailable) == 5);
  CHECK(exit_code_of(StatusCode::InDoubt) == 6);
  CHECK(http_status_of(StatusCode::DiskFull) == 507);
  CHECK(http_status_of(StatusCode::InDoubt) == 504);
  CHECK(is_retryable(StatusCode::Overloaded));
  CHECK_FALSE(is_retryable(StatusCode::InDoubt));
}

TEST_CASE("Status: names come back as their codes") {
  CHECK(status_code_of("too_many_siblings") == StatusCode::TooManySiblings);
  CHECK(status_code_of("nonsense") == StatusCode::Failure);
  CHECK(Status(StatusCode::InDoubt, "1 of 2").to_string() == "in_doubt: 1 of 2");
}

TEST_CASE("Result: it is a value or a Status, and propagates") {
  CHECK(*quarter(8) == 2);
  CHECK(quarter(6).status().message() == "odd");
  CHECK(quarter(3).status().code() == StatusCode::Usage);
}

TEST_CASE("Status: it can say how many replicas had to answer and did") {
  const Status status = Status(StatusCode::Unavailable, "1 of 2").with_replies(2, 1);
  CHECK(status.required() == 2);
  CHECK(status.received() == 1);
  CHECK(status.code() == StatusCode::Unavailable);
  CHECK(Status(StatusCode::Failure, "").required() == 0);
}

TEST_CASE("Status: the advice when to try again goes with it") {
  const Status status = Status(StatusCode::Overloaded, "busy").with_retry_after(30ms);
  CHECK(status.retry_after() == 30ms);
  CHECK(Status(StatusCode::Overloaded, "busy").retry_after() == 0ms);
  CHECK(status != Status(StatusCode::Overloaded, "busy"));
}

}  // namespace
}  // namespace starling
