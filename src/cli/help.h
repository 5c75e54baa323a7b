#pragma once

// The summary and the examples that --help prints for each command.

#include <string_view>

namespace starling::cli {

struct CommandHelp {
  std::string_view summary;
  std::string_view examples;
};

// `command` as it is typed: "put", "cluster ring"; empty: the program itself.
[[nodiscard]] CommandHelp help_of(std::string_view command);

}  // namespace starling::cli
