#include "cli/shell.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/core.h>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/console.h"
#include "cli/grammar.h"
#include "cli/line_editor.h"
#include "cli/line_source.h"
#include "cli/output.h"
#include "cli/run.h"
#include "cli/shell_history.h"
#include "cli/shell_settings.h"
#include "cli/shell_words.h"

namespace starling::cli {
namespace {

// Names of buckets that completion knows.
constexpr std::size_t kBucketsMax = 1000;
// Paths that a completion may be offered.
constexpr std::size_t kFilesMax = 1000;

constexpr std::string_view kShellHelp =
    "  set [SETTING [TO]]  shows the settings, or changes one: endpoint, bucket, timeout, output,\n"
    "                      r, w, pr, pw, dw\n"
    "  unset SETTING       back to what the shell was started with\n"
    "  help [COMMAND]      this, or all about one command\n"
    "  exit, quit          or ctrl-d\n"
    "Where a bucket is set, commands may leave out theirs. Words are quoted as in sh.\n";

// The commands of the tool, less itself, and its own.
Grammar shell_grammar() {
  std::vector<CommandShape> commands = command_grammar().commands();
  std::erase_if(commands, [](const CommandShape& each) { return each.name == "shell"; });
  commands.push_back({.name = "set", .arguments = {"SETTING", "TO"}});
  commands.push_back({.name = "unset", .arguments = {"SETTING"}});
  commands.push_back({.name = "help", .arguments = {"COMMAND", "COMMAND"}});
  commands.push_back({.name = "exit"});
  commands.push_back({.name = "quit"});
  return Grammar(std::move(commands));
}

std::vector<std::string> files_that_begin(const std::string& beginning) {
  const std::size_t slash = beginning.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : beginning.substr(0, slash + 1);
  std::vector<std::string> result;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder.empty() ? "." : folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::string path = folder + entry->path().filename().string();
    if (!path.starts_with(beginning)) continue;
    std::error_code unknown;
    if (entry->is_directory(unknown)) path += "/";
    result.push_back(std::move(path));
    if (result.size() == kFilesMax) break;
  }
  return result;
}

bool reads_standard_input(const Command& command) {
  const auto* const put = std::get_if<PutCommand>(&command);
  const auto* const import = std::get_if<ImportCommand>(&command);
  return (put != nullptr && put->value == "-") || (import != nullptr && import->file == "-");
}

}  // namespace

Shell::Shell(const ShellCommand& start, Console& console)
    : on_failure_(start.on_failure),
      console_(console),
      grammar_(shell_grammar()),
      settings_(start) {
  if (!start.bucket.empty()) buckets_.insert(start.bucket);
}

int Shell::run(LineSource& lines, Reader reader) {
  int first_failure = 0;
  for (std::uint64_t number = 1; !leaving_; ++number) {
    // After a value without a newline the prompt would stand behind it.
    if (reader == Reader::Person && !console_.out_at_line_start) console_.err << "\n" << std::flush;
    console_.out_at_line_start = true;
    const LineSource::Read read = lines.next(settings_.prompt());
    if (read.event == LineSource::Event::End) break;
    if (read.event == LineSource::Event::Abandoned) continue;
    const bool too_long = read.event == LineSource::Event::TooLong;
    const int exit_code =
        too_long ? fail({StatusCode::Usage, "the line is too long"}) : run_line(read.text);
    if (exit_code == 0 || reader == Reader::Person) continue;
    if (first_failure == 0) first_failure = exit_code;
    if (on_failure_ == OnFailure::Stop || too_long) return end_of_script(number, exit_code);
    console_.err << "starling: that was line " << number << "\n";
  }
  return first_failure;
}

int Shell::end_of_script(std::uint64_t line, int exit_code) {
  console_.err << "starling: the script ends with line " << line << ", which failed (exit code "
               << exit_code << ")\n";
  return exit_code;
}

int Shell::run_line(const std::string& line) {
  const Result<std::vector<std::string>> words = split_words(line);
  if (!words.ok()) return fail(words.status());
  return words->empty() ? 0 : run_words(*words);
}

int Shell::run_words(const std::vector<std::string>& words) {
  const std::optional<int> own = run_own(words);
  if (own.has_value()) return *own;
  if (settings_.bucket().empty()) return run_tool(words);
  return run_tool(grammar_.with_bucket(words, settings_.bucket()));
}

std::optional<int> Shell::run_own(const std::vector<std::string>& words) {
  const std::string& command = words.front();
  if (command == "help") return help(words);
  if (command == "set" || command == "unset") return set(words);
  if (command != "exit" && command != "quit") return std::nullopt;
  if (words.size() > 1) return fail({StatusCode::Usage, command + " takes no arguments"});
  leaving_ = true;
  return 0;
}

int Shell::help(const std::vector<std::string>& words) {
  if (words.size() > 1) {
    std::vector<std::string> asked(words.begin() + 1, words.end());
    asked.emplace_back("--help");
    return run_tool(asked);
  }
  std::string text;
  for (const CommandShape& each : grammar_.commands()) {
    if (!each.summary.empty()) text += fmt::format("  {:<18}  {}\n", each.name, each.summary);
  }
  return tell(text + std::string(kShellHelp));
}

int Shell::set(const std::vector<std::string>& words) {
  const bool sets = words.front() == "set";
  if (sets && words.size() == 1) {
    return tell(settings_.to_text());
  }
  if (words.size() != (sets ? 3U : 2U)) {
    return fail(
        {StatusCode::Usage, sets ? "set SETTING TO, or set alone to see them" : "unset SETTING"});
  }
  const Status changed = sets ? settings_.set(words[1], words[2]) : settings_.unset(words[1]);
  if (!changed.ok()) return fail(changed);
  if (!settings_.bucket().empty()) learn_bucket({"keys", settings_.bucket()});
  return 0;
}

int Shell::run_tool(const std::vector<std::string>& words) {
  const auto parsed = parse_arguments(words, settings_.defaults());
  if (!parsed.ok()) {
    return wants_json(words) ? print(console_, failure_output(Form::Json, parsed.status()))
                             : fail(parsed.status());
  }
  if (const auto* const help = std::get_if<HelpText>(&*parsed)) {
    return tell(help->text);
  }
  learn_bucket(words);
  const auto& invocation = std::get<Invocation>(*parsed);
  if (reads_standard_input(invocation.command)) {
    return fail({StatusCode::Usage,
                 "standard input holds the shell's own lines: name a file, a value's as @FILE"});
  }
  if (std::holds_alternative<ShellCommand>(invocation.command)) {
    return fail({StatusCode::Usage, "this is the shell"});
  }
  return run_invocation(invocation, client_for(invocation.endpoints), console_);
}

int Shell::tell(std::string text) {
  Output output;
  (settings_.defaults().form == "json" ? output.err : output.out) = std::move(text);
  return print(console_, output);
}

int Shell::fail(const Status& status) {
  const bool json = settings_.defaults().form == "json";
  return print(console_, failure_output(json ? Form::Json : Form::Table, status));
}

// Another line may ask other nodes: that takes another client, for one client is of one cluster.
Client& Shell::client_for(const std::vector<std::string>& endpoints) {
  if (!client_.has_value() || endpoints != endpoints_) {
    client_.emplace(options_of_tool(endpoints));
    endpoints_ = endpoints;
  }
  return *client_;
}

Completion Shell::complete(std::string_view line) const {
  return cli::complete(
      line, grammar_,
      {.buckets = buckets_, .settings = ShellSettings::names(), .files = files_that_begin});
}

void Shell::learn(const std::string& line) {
  const Result<std::vector<std::string>> words = split_words(line);
  if (words.ok()) learn_bucket(*words);
}

// There is no list of buckets to be had: those are known that were named.
void Shell::learn_bucket(const std::vector<std::string>& words) {
  for (std::size_t count = 0; count < words.size(); ++count) {
    const Grammar::Place place =
        grammar_.place_behind({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count)});
    const bool names_one = place.command != nullptr && place.option == nullptr &&
                           place.arguments == 0 && !place.command->arguments.empty() &&
                           place.command->arguments.front() == "BUCKET";
    if (!names_one || !check_bucket(words[count]).ok()) continue;
    if (buckets_.size() < kBucketsMax) buckets_.insert(words[count]);
  }
}

int run_shell(const ShellCommand& start, Console& console) {
  Shell shell(start, console);
  if (!console.in_is_terminal || !console.err_is_terminal) {
    ScriptLines lines(console.in);
    return shell.run(lines, Shell::Reader::Script);
  }
  ShellHistory history;
  const auto path = ShellHistory::path_of(std::getenv("XDG_STATE_HOME"), std::getenv("HOME"));
  if (path.has_value()) {
    const Status opened = history.open(*path);
    if (!opened.ok()) console.err << "starling: no history: " << opened.message() << "\n";
  }
  for (const std::string& line : history.lines()) shell.learn(line);
  console.err << "help lists the commands, ctrl-d leaves\n" << std::flush;
  LineEditor lines(stdin, stderr, history,
                   [&shell](std::string_view line) { return shell.complete(line); });
  console.is_interrupted = LineEditor::is_interrupted;
  const int exit_code = shell.run(lines, Shell::Reader::Person);
  console.is_interrupted = nullptr;
  return exit_code;
}

}  // namespace starling::cli
