#pragma once

// Result<T>: a value, or the Status that says why there is none. The member names are those of
// std::expected (C++23), of which this is a small part.

#include <utility>
#include <variant>

#include "starling/status.h"

namespace starling {

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return Status{...};` both read well.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}         // NOLINT
  Result(Status status) : state_(std::in_place_index<1>, std::move(status)) {}  // NOLINT

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  // Status::success() when ok().
  [[nodiscard]] Status status() const { return ok() ? Status::success() : std::get<1>(state_); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace starling

// NOLINTBEGIN(bugprone-macro-parentheses): names and declarations can not stand in parentheses.

// Leaves the calling function with the Status of `expression` unless it is ok.
#define STARLING_RETURN_IF_ERROR(expression) \
  if (::starling::Status status_of_call = (expression); !status_of_call.ok()) return status_of_call

// Declares `declaration` from the value of a Result, or leaves the calling function with its
// Status. `name` is a scratch variable, so that two uses can stand in one scope.
#define STARLING_ASSIGN_OR_RETURN(name, declaration, expression) \
  auto name = (expression);                                      \
  if (!name.ok()) return name.status();                          \
  declaration = std::move(name).value()

// NOLINTEND(bugprone-macro-parentheses)
