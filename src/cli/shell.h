#pragma once

// Shell: the commands of the tool, one a line, with settings that hold from line to line and one
// connection for all of them.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "starling/client.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/console.h"
#include "cli/grammar.h"
#include "cli/line_source.h"
#include "cli/shell_settings.h"

namespace starling::cli {

class Shell {
 public:
  Shell(const ShellCommand& start, Console& console);

  // What to do with what is wrong: people see it and go on, a script ends, or goes on and tells in
  // the end.
  enum class Reader : std::uint8_t { Person, Script };
  // Until the end of `lines`, or "exit". A person's shell ends with 0, a script with the exit code
  // of its first failure.
  [[nodiscard]] int run(LineSource& lines, Reader reader);

  [[nodiscard]] Completion complete(std::string_view line) const;
  // Takes the names of buckets from a line of a former shell.
  void learn(const std::string& line);

 private:
  [[nodiscard]] int run_line(const std::string& line);
  [[nodiscard]] int run_words(const std::vector<std::string>& words);
  // Nothing when it is no command of the shell itself.
  [[nodiscard]] std::optional<int> run_own(const std::vector<std::string>& words);
  [[nodiscard]] int run_tool(const std::vector<std::string>& words);
  [[nodiscard]] int help(const std::vector<std::string>& words);
  [[nodiscard]] int set(const std::vector<std::string>& words);
  [[nodiscard]] int end_of_script(std::uint64_t line, int exit_code);
  // What people asked to see; where all answers are JSON, it is none of them.
  [[nodiscard]] int tell(std::string text);
  [[nodiscard]] int fail(const Status& status);
  void learn_bucket(const std::vector<std::string>& words);
  [[nodiscard]] Client& client_for(const std::vector<std::string>& endpoints);

  const OnFailure on_failure_;
  Console& console_;
  const Grammar grammar_;
  ShellSettings settings_;
  std::set<std::string> buckets_;
  std::vector<std::string> endpoints_;  // of client_
  std::optional<Client> client_;
  bool leaving_ = false;
};

// `starling shell`: at a terminal with an editor and a history, else from standard input.
[[nodiscard]] int run_shell(const ShellCommand& start, Console& console);

}  // namespace starling::cli
