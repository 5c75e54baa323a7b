#pragma once

// Status: how a call ended, in the words of Starling's error table. A Status that is not ok() says
// what happened, whether the write may nevertheless have been applied (in doubt), and whether
// trying again can help. Result<T> (result.h) is a value or such a Status.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "starling/trace.h"

namespace starling {

// The order is not meaningful; the names are what `error.code` prints. One row a code in README's
// table of exit codes and HTTP statuses.
enum class StatusCode : std::uint8_t {
  Ok,
  Failure,          // anything that no other code names
  Usage,            // arguments or levels that can never be honoured
  BadContext,       // a context that is forged, damaged, or of another key or cluster
  TooLarge,         // a size limit: key, value, context
  NotFound,         // absent or deleted
  Conflict,         // several siblings where one value was asked for
  ConditionFailed,  // if-absent or if-context did not hold
  TooManySiblings,  // the key holds as many siblings as it may; write with a context
  Unavailable,      // too few replicas: nothing was applied
  Overloaded,       // a bound was reached: nothing was applied
  DiskFull,         // too few replicas have disk space: nothing was applied
  Unreachable,      // no server could be reached: nothing was applied
  InDoubt,          // the write may or may not have been applied, now or later
  Corruption,       // bytes from disk or network failed a check; never leaves the cluster
};

// The `error.code` of the JSON output and the HTTP body, e.g. "in_doubt".
[[nodiscard]] std::string_view status_code_name(StatusCode code);
// The inverse; Failure for a name nobody knows.
[[nodiscard]] StatusCode status_code_of(std::string_view name);
// The process exit code that the command-line tool uses for it, 0 to 6.
[[nodiscard]] int exit_code_of(StatusCode code);
// The HTTP status that the server uses for it; 0 for Unreachable, which no server can say.
[[nodiscard]] int http_status_of(StatusCode code);
// Whether the same call may succeed later and is known not to have been applied now.
[[nodiscard]] bool is_retryable(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status success() { return {}; }

  [[nodiscard]] bool ok() const { return code_ == StatusCode::Ok; }
  [[nodiscard]] StatusCode code() const { return code_; }
  [[nodiscard]] bool in_doubt() const { return code_ == StatusCode::InDoubt; }
  // For people: names the thing and the remedy. Empty when ok().
  [[nodiscard]] const std::string& message() const { return message_; }
  // How many replicas had to answer, and how many did; both 0 where the error is not about that.
  [[nodiscard]] std::uint32_t required() const { return required_; }
  [[nodiscard]] std::uint32_t received() const { return received_; }
  [[nodiscard]] Status with_replies(std::uint32_t required, std::uint32_t received) &&;
  // How long the server advises to wait before trying again; zero: it did not say. Only where
  // trying again may help, and a hint, no promise: whoever retries adds chance and a bound of its
  // own.
  [[nodiscard]] std::chrono::milliseconds retry_after() const { return retry_after_; }
  [[nodiscard]] Status with_retry_after(std::chrono::milliseconds wait) &&;
  // What happened until the error, where the request asked for it and a server answered.
  [[nodiscard]] const Trace& trace() const { return trace_; }
  [[nodiscard]] Status with_trace(Trace trace) &&;
  // "in_doubt: 1 of 2 replicas answered", or "ok".
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Status&, const Status&) = default;

 private:
  StatusCode code_ = StatusCode::Ok;
  std::uint32_t required_ = 0;
  std::uint32_t received_ = 0;
  std::chrono::milliseconds retry_after_{};
  std::string message_;
  Trace trace_;
};

}  // namespace starling
