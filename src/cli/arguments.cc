#include "cli/arguments.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>

#include "starling/build_info.h"
#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/quantity.h"
#include "base/time.h"
#include "cli/bench_words.h"
#include "cli/command.h"
#include "cli/grammar.h"
#include "cli/help.h"
#include "cli/words.h"

namespace starling::cli {
namespace {

constexpr std::string_view kTraceHelp = "show who was asked, and who answered when";

using Parsed = std::variant<Invocation, HelpText>;

Status refuse(std::string why) {
  return {StatusCode::Usage, std::move(why)};
}

class Parser {
 public:
  explicit Parser(const Defaults& defaults);
  Result<Parsed> parse(const std::vector<std::string>& words);
  [[nodiscard]] std::vector<CommandShape> shapes() const;

 private:
  using Build = std::function<Result<Command>(const Words&)>;

  CLI::App* add_command(CLI::App& parent, std::string_view name, const Build& build);
  void add_later_commands(CLI::App& parent, std::string_view group,
                          const std::vector<std::string>& names);
  void add_later_options(CLI::App& command, const std::vector<std::string>& flags,
                         const std::vector<std::string>& options);
  void add_read_levels(CLI::App& command);
  void add_write_levels(CLI::App& command);
  void add_placement(CLI::App& command);
  void add_put();
  void add_get();
  void add_delete();
  void add_keys();
  void add_transfers();
  void add_bench();
  void add_cluster();
  void add_changes(CLI::App& cluster);
  void add_node();
  void add_shell();

  Result<Parsed> understand();
  // CLI11 misses a command before it sees that the word in its place is none.
  [[nodiscard]] std::string complaint_of(const CLI::ParseError& error) const;

  CLI::App app_{"The command-line tool of Starling, the key-value store of the Dynamo paper.",
                "starling"};
  Words words_;
  std::map<const CLI::App*, Build> builds_;
};

// Waiting is no request, and may take hours.
constexpr std::chrono::milliseconds kWaitMax = std::chrono::hours(24);

Result<std::chrono::milliseconds> timeout_of(const Words& words) {
  const Result<Duration> duration = parse_duration(words.timeout);
  if (!duration.ok()) return refuse("--timeout: " + duration.status().message());
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
  const std::chrono::milliseconds longest = words.wait ? kWaitMax : kTimeoutMax;
  if (timeout > std::chrono::milliseconds::zero() && timeout <= longest) return timeout;
  return refuse("--timeout " + words.timeout + ": a timeout is 1ms to " +
                (words.wait ? "24h" : "60s"));
}

Parser::Parser(const Defaults& defaults) : words_{defaults} {
  app_.require_subcommand(1);
  app_.footer(std::string(help_of("").examples));
  CLI::Option* const endpoint =
      app_.add_option("--endpoint", words_.endpoints,
                      "nodes to ask, HOST:PORT[,HOST:PORT...] (default 127.0.0.1:7400)");
  // The environment stands back behind what was said by hand, be it in another line.
  if (defaults.endpoints.empty()) {
    words_.endpoints = kEndpointDefault;
    endpoint->envname("STARLING_ENDPOINTS");
  }
  app_.add_option("--timeout", words_.timeout, "for the whole command's request (default 5s)");
  app_.add_option("-o,--output", words_.form,
                  "table, json or raw (default: table on a terminal, raw off it)");
  app_.set_version_flag("--version", "starling " + std::string(kVersion));
  app_.add_flag("--json", words_.json, "short for -o json");
  add_put();
  add_get();
  add_delete();
  add_keys();
  add_transfers();
  add_bench();
  add_cluster();
  add_node();
  add_shell();
  add_later_commands(app_, "", {"bucket"});
}

CLI::App* Parser::add_command(CLI::App& parent, std::string_view name, const Build& build) {
  const CommandHelp help = help_of(name);
  const std::string last_word(name.substr(name.rfind(' ') + 1));
  CLI::App* const command = parent.add_subcommand(last_word, std::string(help.summary));
  command->footer(std::string(help.examples));
  command->fallthrough();
  builds_[command] = build;
  return command;
}

void Parser::add_later_commands(CLI::App& parent, std::string_view group,
                                const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    CLI::App* const command = parent.add_subcommand(name, "not in this version");
    command->group("");
    command->prefix_command();
    // Before its own words are looked at: whatever they are, this is what is wrong.
    command->preparse_callback(
        [this, name, prefix = std::string(group)](std::size_t) { words_.later = prefix + name; });
  }
}

void Parser::add_later_options(CLI::App& command, const std::vector<std::string>& flags,
                               const std::vector<std::string>& options) {
  for (const std::string& flag : flags) {
    command.add_flag_callback(flag, [this, flag] { words_.later = flag; })->group("");
  }
  for (const std::string& option : options) {
    command.add_option(option, words_.later_value)
        ->each([this, option](const std::string&) { words_.later = option; })
        ->group("");
  }
}

void Parser::add_read_levels(CLI::App& command) {
  command.add_option("--r", words_.r,
                     "replicas that must answer: 1.., one, two, three, quorum, all "
                     "(default quorum)");
  command.add_option("--pr", words_.pr, "of them, the key's own replicas (default 0)");
}

void Parser::add_write_levels(CLI::App& command) {
  command.add_option("--w", words_.w,
                     "replicas that must hold the write: 1.., one, two, three, quorum, all "
                     "(default quorum)");
  command.add_option("--pw", words_.pw, "of them, the key's own replicas (default 0)");
  command.add_option("--dw", words_.dw, "replicas whose copy must be on disk (default 0)");
}

void Parser::add_placement(CLI::App& command) {
  CLI::Option* const strict = command.add_flag_callback(
      "--strict", [] {}, "count only the key's own replicas (the default)");
  command
      .add_flag("--sloppy", words_.sloppy,
                "other nodes may stand in for replicas that can not be reached")
      ->excludes(strict);
}

void Parser::add_put() {
  CLI::App* const put = add_command(app_, "put", put_of);
  put->add_option("BUCKET", words_.bucket)->required();
  put->add_option("KEY", words_.key)->required();
  put->add_option("VALUE", words_.value, "the value, - for standard input, or @FILE")->required();
  put->add_option("--context", words_.context, "what the last get or put of this key returned");
  put->add_option("--content-type", words_.content_type, "kept with the value");
  add_write_levels(*put);
  add_placement(*put);
  put->add_flag("--trace", words_.trace, std::string(kTraceHelp));
  add_later_options(*put, {"--if-absent"}, {"--ttl", "--if-context"});
}

void Parser::add_get() {
  CLI::App* const get = add_command(app_, "get", get_of);
  get->add_option("BUCKET", words_.bucket)->required();
  get->add_option("KEY", words_.key)->required();
  get->add_option("--context", words_.context, "only an answer that has seen at least this");
  add_read_levels(*get);
  get->add_flag_callback("--strict", [] {}, "count only the key's own replicas (the default)");
  get->add_flag("--trace", words_.trace, std::string(kTraceHelp));
  add_later_options(*get, {"--sloppy"}, {});
}

void Parser::add_delete() {
  CLI::App* const erase = add_command(app_, "delete", delete_of);
  erase->add_option("BUCKET", words_.bucket)->required();
  erase->add_option("KEY", words_.key)->required();
  erase->add_option("--context", words_.context, "delete only what this has seen");
  add_read_levels(*erase);
  add_write_levels(*erase);
  add_placement(*erase);
  erase->add_flag("--trace", words_.trace, std::string(kTraceHelp));
  add_later_options(*erase, {}, {"--if-context"});
}

void Parser::add_keys() {
  CLI::App* const keys = add_command(app_, "keys", keys_of);
  keys->add_option("BUCKET", words_.bucket)->required();
  keys->add_option("--prefix", words_.prefix, "only keys that begin with it");
  keys->add_option("--after", words_.after, "begin behind this key, in the listing's own order");
  keys->add_option("--limit", words_.limit, "at most so many keys")->check(CLI::PositiveNumber);
  add_read_levels(*keys);
  add_later_options(*keys, {"--sloppy", "--trace"}, {});
}

void Parser::add_transfers() {
  CLI::App* const import = add_command(app_, "import", import_of);
  import->add_option("BUCKET", words_.bucket)->required();
  import->add_option("FILE", words_.file, "JSON lines, or - for standard input")->required();
  import->add_flag("--blind", words_.blind, "do not read before writing: adds siblings");
  import->add_option("--r", words_.r, "replicas that must answer the read (default quorum)");
  import->add_option("--w", words_.w, "replicas that must hold each write (default quorum)");
  CLI::App* const out = add_command(app_, "export", export_of);
  out->add_option("BUCKET", words_.bucket)->required();
  out->add_option("FILE", words_.file, "where to, or - for standard output")->required();
  out->add_option("--prefix", words_.prefix, "only keys that begin with it");
  out->add_option("--r", words_.r, "replicas that must answer each read (default quorum)");
}

void Parser::add_bench() {
  CLI::App* const bench = add_command(app_, "bench", bench_of);
  BenchWords& words = words_.bench;
  bench->add_option("--workload", words.workload,
                    "a, b, c, d, f (YCSB's), insert, put or get (default a)");
  bench->add_option("--bucket", words.bucket, "where its records are (default bench)");
  bench->add_option("--records", words.records,
                    "loaded beforehand, unless they are there (default 10000)");
  bench->add_option("--value-size", words.value_size, "of each value (default 100)");
  bench->add_option("--clients", words.clients, "connections (default 16)");
  bench->add_option("--pipeline", words.pipeline,
                    "requests that each client keeps under way (default 1)");
  bench->add_option("--duration", words.duration, "how long (default 10s, or until --ops)");
  bench->add_option("--ops", words.operations, "how many operations");
  bench->add_option("--rate", words.rate,
                    "operations a second, all together; without it as many as there are answers");
  bench->add_option("--distribution", words.distribution,
                    "uniform or zipfian (default zipfian for a, b, c and f, else uniform; of d "
                    "the latest records first)");
  bench->add_option("--r", words_.r, "replicas that must answer a read (default quorum)");
  bench->add_option("--w", words_.w, "replicas that must hold a write (default quorum)");
}

void Parser::add_cluster() {
  CLI::App* const cluster = add_command(app_, "cluster", nullptr);
  cluster->require_subcommand(1);
  add_command(*cluster, "cluster status",
              [](const Words&) -> Result<Command> { return Command(ClusterStatusCommand{}); });
  CLI::App* const ring = add_command(*cluster, "cluster ring", ring_of);
  ring->add_option("--key", words_.ring_key, "BUCKET/KEY: the preference list of one key");
  add_command(*cluster, "cluster digest",
              [](const Words&) -> Result<Command> { return Command(ClusterDigestCommand{}); });
  CLI::App* const tasks =
      add_command(*cluster, "cluster tasks", [](const Words& words) -> Result<Command> {
        return Command(ClusterTasksCommand{.wait = words.wait});
      });
  tasks->add_flag("--wait", words_.wait, "until none is left, or --timeout has passed (exit 124)");
  CLI::App* const repair = add_command(*cluster, "cluster repair", repair_of);
  repair->add_option("--partition", words_.partition, "only this one (default: all)");
  repair->add_flag("--dry-run", words_.dry_run, "say what differs and change nothing");
  add_changes(*cluster);
}

void Parser::add_changes(CLI::App& cluster) {
  const auto change = [](ChangeStep step) {
    return [step](const Words& words) -> Result<Command> {
      return Command(ClusterChangeCommand{
          .step = step, .member = words.member, .address = words.address, .zone = words.zone});
    };
  };
  CLI::App* const leave = add_command(cluster, "cluster leave", change(ChangeStep::Leave));
  leave->add_option("NAME", words_.member, "of the member")->required();
  CLI::App* const remove = add_command(cluster, "cluster remove", change(ChangeStep::Remove));
  remove->add_option("NAME", words_.member, "of the member")->required();
  CLI::App* const join = add_command(cluster, "cluster join", change(ChangeStep::Join));
  join->add_option("HOST:PORT", words_.address, "where the node listens")->required();
  join->add_option("--zone", words_.zone, "its failure domain");
  CLI::App* const replace = add_command(cluster, "cluster replace", change(ChangeStep::Replace));
  replace->add_option("OLD", words_.member, "the member that goes")->required();
  replace->add_option("HOST:PORT", words_.address, "where the new node listens")->required();
  replace->add_option("--zone", words_.zone, "its failure domain");
  add_command(cluster, "cluster plan", change(ChangeStep::Plan));
  add_command(cluster, "cluster abort", change(ChangeStep::Abort));
  CLI::App* const commit =
      add_command(cluster, "cluster commit", [](const Words& words) -> Result<Command> {
        return Command(ClusterCommitCommand{.plan = words.plan, .yes = words.yes});
      });
  commit->add_option("PLAN", words_.plan, "that was shown (default: the one that is shown now)");
  commit->add_flag("--yes", words_.yes, "do not ask");
}

void Parser::add_node() {
  CLI::App* const node = add_command(app_, "node", nullptr);
  node->require_subcommand(1);
  add_command(*node, "node info",
              [](const Words&) -> Result<Command> { return Command(NodeInfoCommand{}); });
  add_later_commands(*node, "node ", {"drain", "log-level"});
}

void Parser::add_shell() {
  CLI::App* const shell = add_command(app_, "shell", shell_of);
  shell->add_option("--bucket", words_.bucket, "of commands that name none");
  add_read_levels(*shell);
  add_write_levels(*shell);
  shell->add_flag("--keep-going", words_.keep_going,
                  "run the whole script, and end with the exit code of its first failure");
}

void add_options(const CLI::App& app, CommandShape& shape) {
  for (const CLI::Option* const option : app.get_options()) {
    if (option->get_positional()) {
      shape.arguments.push_back(option->get_single_name());
      continue;
    }
    // What belongs to a later version has no group, and stays unseen.
    if (option->get_group().empty()) continue;
    const bool flag = option->get_items_expected_max() == 0;
    const OptionKind kind = flag ? OptionKind::Flag : OptionKind::WithValue;
    for (const std::string& name : option->get_lnames())
      shape.options.push_back({"--" + name, kind});
    for (const std::string& name : option->get_snames())
      shape.options.push_back({"-" + name, kind});
  }
}

std::vector<CommandShape> Parser::shapes() const {
  std::vector<CommandShape> shapes;
  for (const auto& [command, build] : builds_) {
    // A group of commands builds none itself.
    if (build == nullptr) continue;
    const CLI::App* const parent = command->get_parent();
    CommandShape shape{.name = command->get_name(), .summary = command->get_description()};
    if (parent != &app_) shape.name = parent->get_name() + " " + shape.name;
    add_options(*command, shape);
    add_options(app_, shape);
    shapes.push_back(std::move(shape));
  }
  std::ranges::sort(shapes, {}, &CommandShape::name);
  return shapes;
}

Result<Parsed> Parser::parse(const std::vector<std::string>& words) {
  // CLI11 takes them from the back.
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app_.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return Parsed(HelpText{app_.help()});
  } catch (const CLI::CallForVersion& version) {
    return Parsed(HelpText{version.what() + std::string("\n")});
  } catch (const CLI::ParseError& error) {
    if (!words_.later.empty()) return refuse(words_.later + ": not in this version");
    return refuse(complaint_of(error) + " (--help explains)");
  }
  return understand();
}

std::string Parser::complaint_of(const CLI::ParseError& error) const {
  const std::vector<std::string> unknown = app_.remaining(true);
  const bool misses_command = error.get_name() == "RequiredError" && !unknown.empty();
  if (!misses_command) return error.what();
  return std::string("unknown command '").append(unknown.front()).append("'");
}

Result<Parsed> Parser::understand() {
  if (!words_.later.empty()) return refuse(words_.later + ": not in this version");
  const CLI::App* command = &app_;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  Invocation invocation;
  STARLING_ASSIGN_OR_RETURN(endpoints, invocation.endpoints, parse_endpoints(words_.endpoints));
  STARLING_ASSIGN_OR_RETURN(timeout, invocation.timeout, timeout_of(words_));
  STARLING_ASSIGN_OR_RETURN(form, invocation.form, form_of(words_));
  STARLING_ASSIGN_OR_RETURN(built, invocation.command, builds_.at(command)(words_));
  return Parsed(std::move(invocation));
}

}  // namespace

Result<std::variant<Invocation, HelpText>> parse_arguments(const std::vector<std::string>& words,
                                                           const Defaults& defaults) {
  Parser parser(defaults);
  return parser.parse(words);
}

Grammar command_grammar() {
  return Grammar(Parser({}).shapes());
}

bool wants_json(const std::vector<std::string>& words) {
  bool follows_output = false;
  for (const std::string& word : words) {
    if (word == "--") return false;
    const bool one_word = word == "--json" || word == "-ojson" || word == "--output=json";
    if (one_word || (follows_output && word == "json")) return true;
    follows_output = word == "-o" || word == "--output";
  }
  return false;
}

}  // namespace starling::cli
