#pragma once

// Console: the three standard streams of the process, and whether people are at them.

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/output.h"

namespace starling::cli {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  // Whether somebody wants what takes long to end; nothing: there is nobody to ask.
  std::function<bool()> is_interrupted{};
  bool out_at_line_start = true;  // as far as print() knows
};

// What a command says of itself that is_interrupted() ended.
[[nodiscard]] Status interrupted();

// What -o says, or what suits who reads.
[[nodiscard]] Form form_of(const Invocation& invocation, const Console& console);

// Prints both parts and returns the exit code; 1 when standard output could not be written, since a
// full disk behind a pipe must not look like success.
[[nodiscard]] int print(Console& console, const Output& output);

// All of a stream, but at most one byte more than a value may have: enough to refuse it.
[[nodiscard]] std::string read_value(std::istream& in);
// The value that a command line means: text, "-" or "@FILE". Usage when the file can not be read.
[[nodiscard]] Result<std::string> value_of(Console& console, const std::string& argument);

}  // namespace starling::cli
