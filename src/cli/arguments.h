#pragma once

// From the words of a command line to an Invocation. The one place that knows CLI11.

#include <string>
#include <variant>
#include <vector>

#include "starling/result.h"

#include "cli/command.h"
#include "cli/grammar.h"

namespace starling::cli {

// What --help and --version print.
struct HelpText {
  std::string text;
};

// Usage errors name the word that is wrong; whatever belongs to a later version is refused as "not
// in this version". `words` are without the program's name.
[[nodiscard]] Result<std::variant<Invocation, HelpText>> parse_arguments(
    const std::vector<std::string>& words, const Defaults& defaults = {});

// The commands that parse_arguments() knows, with all that may stand behind them.
[[nodiscard]] Grammar command_grammar();

// Whether the command line asks for JSON, even where the rest of it is wrong: then the error must
// be JSON as well.
[[nodiscard]] bool wants_json(const std::vector<std::string>& words);

}  // namespace starling::cli
