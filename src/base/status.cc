#include "starling/status.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "starling/trace.h"

namespace starling {
namespace {

struct CodeRow {
  StatusCode code;
  std::string_view name;
  int exit_code;
  int http_status;
  bool retryable;
};

// The table of codes that users rely on: one row a StatusCode, in the order of the enum.
constexpr std::array<CodeRow, 15> kCodes{{
    {StatusCode::Ok, "ok", 0, 200, false},
    {StatusCode::Failure, "failure", 1, 500, false},
    {StatusCode::Usage, "usage", 2, 400, false},
    {StatusCode::BadContext, "bad_context", 2, 400, false},
    {StatusCode::TooLarge, "too_large", 2, 413, false},
    {StatusCode::NotFound, "not_found", 3, 404, false},
    {StatusCode::Conflict, "conflict", 4, 300, false},
    {StatusCode::ConditionFailed, "condition_failed", 4, 409, false},
    {StatusCode::TooManySiblings, "too_many_siblings", 4, 409, false},
    {StatusCode::Unavailable, "unavailable", 5, 503, true},
    {StatusCode::Overloaded, "overloaded", 5, 429, true},
    {StatusCode::DiskFull, "disk_full", 5, 507, true},
    {StatusCode::Unreachable, "unreachable", 5, 0, true},
    {StatusCode::InDoubt, "in_doubt", 6, 504, false},
    {StatusCode::Corruption, "failure", 1, 500, false},
}};

const CodeRow& row_of(StatusCode code) {
  const auto* const row = std::ranges::find(kCodes, code, &CodeRow::code);
  return row == kCodes.end() ? kCodes[1] : *row;
}

}  // namespace

std::string_view status_code_name(StatusCode code) {
  return row_of(code).name;
}

StatusCode status_code_of(std::string_view name) {
  const auto* const row = std::ranges::find(kCodes, name, &CodeRow::name);
  return row == kCodes.end() ? StatusCode::Failure : row->code;
}

int exit_code_of(StatusCode code) {
  return row_of(code).exit_code;
}
int http_status_of(StatusCode code) {
  return row_of(code).http_status;
}
bool is_retryable(StatusCode code) {
  return row_of(code).retryable;
}

Status Status::with_replies(std::uint32_t required, std::uint32_t received) && {
  required_ = required;
  received_ = received;
  return std::move(*this);
}

Status Status::with_retry_after(std::chrono::milliseconds wait) && {
  retry_after_ = wait;
  return std::move(*this);
}

Status Status::with_trace(Trace trace) && {
  trace_ = std::move(trace);
  return std::move(*this);
}

std::string Status::to_string() const {
  if (ok()) return "ok";
  return std::string(status_code_name(code_)) + ": " + message_;
}

}  // namespace starling
