#pragma once

// ShellSettings: what holds for the commands of a shell until it is changed there: whom to ask, at
// which levels, in which bucket. Everything that is set has been understood first.

#include <string>
#include <string_view>
#include <vector>

#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"

namespace starling::cli {

class ShellSettings {
 public:
  // What unset() returns to.
  explicit ShellSettings(ShellCommand start);

  [[nodiscard]] static std::vector<std::string> names();

  // Usage when there is no such setting, or it can not have that value: then it is as it was.
  [[nodiscard]] Status set(std::string_view name, const std::string& value);
  [[nodiscard]] Status unset(std::string_view name);

  // What parse_arguments() takes where a line says nothing.
  [[nodiscard]] const Defaults& defaults() const { return now_.defaults; }
  // Of commands that name none; empty: each has to.
  [[nodiscard]] const std::string& bucket() const { return now_.bucket; }

  // All of them, one a line.
  [[nodiscard]] std::string to_text() const;
  // "127.0.0.1:7400/carts r=quorum w=quorum> ".
  [[nodiscard]] std::string prompt() const;

 private:
  ShellCommand start_;
  ShellCommand now_;
};

}  // namespace starling::cli
