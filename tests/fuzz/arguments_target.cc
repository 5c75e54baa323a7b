// The command lines of both programs, and the daemon's environment.
//
// Input: a byte that chooses the program, then the words, separated by zero bytes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "daemon/command_line.h"
#include "daemon/environment.h"
#include "daemon/flag.h"
#include "fuzz/target.h"

namespace starling::fuzz {
namespace {

using Words = std::vector<std::string>;

// No system hands over more in practice; parsing takes longer with every word.
constexpr std::size_t kWordsMax = 64;

Words words_of(std::string_view text) {
  Words words;
  while (words.size() < kWordsMax) {
    const std::size_t end = text.find('\0');
    words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return words;
}

void check_tool(const Words& words) {
  const auto parsed = cli::parse_arguments(words);
  static_cast<void>(cli::wants_json(words));
  if (!parsed.ok()) {
    STARLING_CHECK(parsed.status().code() == StatusCode::Usage);
    STARLING_CHECK(!parsed.status().message().empty());
    return;
  }
  const auto* const invocation = std::get_if<cli::Invocation>(&*parsed);
  if (invocation == nullptr) return;
  STARLING_CHECK(!invocation->endpoints.empty());
  STARLING_CHECK(invocation->timeout.count() > 0);
  STARLING_CHECK(invocation->timeout <= kTimeoutMax);
}

void check_values(const GivenValues& values) {
  for (const auto& [name, value] : values) {
    STARLING_CHECK(is_flag(name));
    STARLING_CHECK(!value.origin.empty());
  }
}

void check_daemon(const Words& words) {
  const Result<CommandLine> line = parse_command_line(words);
  if (line.ok()) return check_values(line->values);
  STARLING_CHECK(line.status().code() == StatusCode::Usage);
  STARLING_CHECK(!line.status().message().empty());
}

void run(std::string_view input) {
  if (input.empty()) return;
  const Words words = words_of(input.substr(1));
  switch (static_cast<std::uint8_t>(input.front()) % 3) {
    case 0:
      return check_tool(words);
    case 1:
      return check_daemon(words);
    default:
      return check_values(read_environment(words).values);
  }
}

std::string input_of(char program, const Words& words) {
  std::string input{program};
  for (const std::string& word : words)
    input += (&word == &words.front() ? "" : std::string(1, '\0')) + word;
  return input;
}

std::vector<std::string> seeds() {
  return {
      input_of(0, {"put", "b", "k", "v", "--w", "all", "--dw", "2", "--content-type", "a/b"}),
      input_of(0, {"get", "b", "k", "--r=one", "--context", "abc", "-o", "json"}),
      input_of(0, {"--endpoint", "a:1,[::1]:2", "--timeout", "250ms", "delete", "b", "k"}),
      input_of(0, {"keys", "b", "--prefix", "p", "--after", "a", "--limit", "10", "--json"}),
      input_of(0, {"import", "b", "-", "--blind"}),
      input_of(0, {"export", "b", "f", "--prefix", "p"}),
      input_of(0, {"cluster", "ring", "--key", "b/k"}),
      input_of(0, {"cluster", "join", "x", "--y"}),
      input_of(0, {"node", "info", "--help"}),
      input_of(0, {"get", "--", "-b", "--k"}),
      input_of(1, {"--name", "a", "--listen", "127.0.0.1:1", "--http=127.0.0.1:2", "--insecure"}),
      input_of(1, {"--initial-cluster", "a=h:1,b=h:2", "--partitions", "64", "--replicas", "3"}),
      input_of(1, {"--version"}),
      input_of(2, {"STARLING_DATA_DIR=/x", "STARLING_NMAE=y", "PATH=z", "STARLING_"}),
  };
}

}  // namespace

const Target kTarget{.run = run, .seeds = seeds};

}  // namespace starling::fuzz
