#include "daemon/command_line.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "starling/build_info.h"
#include "starling/result.h"
#include "starling/status.h"

#include "daemon/flag.h"

namespace starling {
namespace {

constexpr const char* kExamples = R"(
Each flag can also be set as STARLING_<FLAG> in the environment (STARLING_DATA_DIR) or as a key of
the --config file; a flag beats the environment, which beats the file.

Examples:
  starlingd
      a cluster of one in ./starling-data, for 127.0.0.1:7400
  starlingd --name a --data-dir /srv/a --listen 127.0.0.1:7400 --http 127.0.0.1:7500 \
            --initial-cluster a=127.0.0.1:7400,b=127.0.0.1:7401,c=127.0.0.1:7402
      one of three founders; the others get the same list
  starlingd --config /etc/starling/starling.toml --log-level debug
)";

struct Parsed {
  std::map<std::string, std::string> texts;
  std::map<std::string, CLI::Option*> options;
  bool insecure = false;
};

void declare(CLI::App& app, Parsed& parsed) {
  for (const Flag& flag : kFlags) {
    const std::string name(flag.name);
    const std::string help(flag.help);
    CLI::Option* const option =
        flag.value.empty() ? app.add_flag("--" + name, parsed.insecure, help)
                           : app.add_option("--" + name, parsed.texts[name], help)
                                 ->type_name(std::string(flag.value))
                                 // Scripts append to a command that is there: the last one counts.
                                 ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    parsed.options[name] = option;
  }
  app.set_version_flag("--version", "starlingd " + std::string(kVersion));
  app.set_help_flag("--help,-h", "print this and end");
  app.footer(kExamples);
}

GivenValues given(const Parsed& parsed) {
  GivenValues values;
  for (const auto& [name, option] : parsed.options) {
    if (option->count() == 0) continue;
    const auto text = parsed.texts.find(name);
    const std::string value = text == parsed.texts.end() ? "true" : text->second;
    values[name] = {.text = value, .origin = "--" + name};
  }
  return values;
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
  CLI::App app("starlingd: one node of a Starling cluster.", "starlingd");
  Parsed parsed;
  declare(app, parsed);
  try {
    // CLI11 takes the arguments from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return CommandLine{.values = {}, .print = app.help()};
  } catch (const CLI::CallForVersion& version) {
    return CommandLine{.values = {}, .print = std::string(version.what()) + "\n"};
  } catch (const CLI::Error& error) {
    return Status(StatusCode::Usage,
                  std::string(error.what()) + " (starlingd --help lists the flags)");
  }
  return CommandLine{.values = given(parsed), .print = {}};
}

}  // namespace starling
