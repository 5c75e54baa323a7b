#pragma once

// The command line of starlingd, read with CLI11.

#include <optional>
#include <string>
#include <vector>

#include "starling/result.h"

#include "daemon/flag.h"

namespace starling {

struct CommandLine {
  GivenValues values;
  // --help or --version: print this and do nothing else.
  std::optional<std::string> print;
};

// `arguments` without the program's name. Usage error for what is not understood.
[[nodiscard]] Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace starling
