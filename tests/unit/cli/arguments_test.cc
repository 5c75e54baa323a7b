#include "cli/arguments.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

using Strings = std::vector<std::string>;

Invocation parsed(const Strings& words) {
  const auto result = parse_arguments(words);
  CAPTURE(result.status().message());
  REQUIRE(result.ok());
  return std::get<Invocation>(*result);
}

std::string refusal(const Strings& words) {
  const auto result = parse_arguments(words);
  CHECK((result.ok() || result.status().code() == StatusCode::Usage));
  return result.status().message();
}

TEST_CASE("arguments: common options stand before or behind the command's own") {
  const Strings common{"--endpoint", "a:1,b:2", "--timeout", "250ms", "-o", "json"};
  Strings before = common;
  before.insert(before.end(), {"get", "b", "k"});
  Strings behind{"get", "b", "k"};
  behind.insert(behind.end(), common.begin(), common.end());
  for (const Strings& words : {before, behind}) {
    const Invocation invocation = parsed(words);
    CHECK(invocation.endpoints == Strings{"a:1", "b:2"});
    CHECK(invocation.timeout == std::chrono::milliseconds(250));
    CHECK(invocation.form == Form::Json);
  }
}

TEST_CASE("arguments: without options there are the defaults") {
  REQUIRE(unsetenv("STARLING_ENDPOINTS") == 0);
  const Invocation invocation = parsed({"put", "b", "k", "v"});
  CHECK(invocation.endpoints == Strings{"127.0.0.1:7400"});
  CHECK(invocation.timeout == std::chrono::seconds(5));
  CHECK_FALSE(invocation.form.has_value());
  const auto& put = std::get<PutCommand>(invocation.command);
  CHECK(put.address == Address{.bucket = "b", .key = "k"});
  CHECK(put.options.w == Level::quorum());
  CHECK(put.options.pw == Level::none());
}

TEST_CASE("arguments: endpoints come from the environment, and the flag wins") {
  REQUIRE(setenv("STARLING_ENDPOINTS", "env:1", 1) == 0);
  CHECK(parsed({"node", "info"}).endpoints == Strings{"env:1"});
  CHECK(parsed({"node", "info", "--endpoint", "flag:1"}).endpoints == Strings{"flag:1"});
  REQUIRE(unsetenv("STARLING_ENDPOINTS") == 0);
}

TEST_CASE("arguments: levels are names or numbers") {
  const Invocation invocation =
      parsed({"delete", "b", "k", "--r", "all", "--pr", "one", "--w", "3", "--dw", "2"});
  const auto& erase = std::get<DeleteCommand>(invocation.command);
  CHECK(erase.options.r == Level::all());
  CHECK(erase.options.pr == Level::one());
  CHECK(erase.options.write.w == Level::count(3));
  CHECK(erase.options.write.dw == Level::count(2));
  CHECK(refusal({"get", "b", "k", "--r", "most"}).starts_with("--r: unknown level 'most'"));
}

TEST_CASE("arguments: a value may be a dash, and what begins with one stands behind --") {
  CHECK(std::get<PutCommand>(parsed({"put", "b", "k", "-"}).command).value == "-");
  CHECK(std::get<PutCommand>(parsed({"put", "b", "k", "--", "-5"}).command).value == "-5");
}

TEST_CASE("arguments: a ring's key comes apart at the first slash") {
  const auto ring =
      std::get<ClusterRingCommand>(parsed({"cluster", "ring", "--key", "carts/a/b"}).command);
  CHECK(ring.address == Address{.bucket = "carts", .key = "a/b"});
  CHECK(refusal({"cluster", "ring", "--key", "carts"}) == "--key 'carts': give it as BUCKET/KEY");
}

TEST_CASE("arguments: imports and exports know their files") {
  const auto import = std::get<ImportCommand>(parsed({"import", "b", "-", "--blind"}).command);
  CHECK(import.mode == ImportMode::Blind);
  CHECK(import.file == "-");
  const auto keys = std::get<KeysCommand>(parsed({"keys", "b", "--limit", "5"}).command);
  CHECK(keys.limit == 5);
  CHECK(std::get<ExportCommand>(parsed({"export", "b", "f"}).command).file == "f");
}

TEST_CASE("arguments: a benchmark has defaults, and knows its levels") {
  const auto plain = std::get<BenchCommand>(parsed({"bench"}).command).options;
  CHECK(plain.workload.name == "a");
  CHECK(plain.clients == 16);
  const auto bench = std::get<BenchCommand>(
      parsed({"bench", "--workload", "put", "--clients", "3", "--rate", "0.5", "--w", "all"})
          .command);
  CHECK(bench.options.clients == 3);
  CHECK(bench.options.rate == 0.5);
  CHECK(bench.options.w == Level::all());
  CHECK(refusal({"bench", "--clients", "many"}).find("--clients") != std::string::npos);
  CHECK(refusal({"bench", "--clients", "-1"}).find("--clients") != std::string::npos);
}

TEST_CASE("arguments: what a later version brings is refused by name") {
  for (const Strings& words : std::vector<Strings>{{"bucket", "list"},
                                                   {"node", "log-level", "debug"},
                                                   {"get", "b", "k", "--sloppy"},
                                                   {"put", "b", "k", "v", "--ttl", "5s"},
                                                   {"put", "b", "k", "v", "--if-absent"},
                                                   {"put", "b", "k", "v", "--if-context", "c"},
                                                   {"keys", "b", "--trace"},
                                                   {"get", "b", "k", "--r", "local_quorum"}}) {
    CAPTURE(words.back());
    CHECK(refusal(words).find("not in this version") != std::string::npos);
  }
}

TEST_CASE("arguments: a put, a get and a delete are traced when that is asked for") {
  CHECK(std::get<PutCommand>(parsed({"put", "b", "k", "v", "--trace"}).command).options.trace);
  CHECK(std::get<GetCommand>(parsed({"get", "b", "k", "--trace"}).command).options.trace);
  CHECK(std::get<DeleteCommand>(parsed({"--json", "delete", "b", "k", "--trace"}).command)
            .options.write.trace);
  CHECK_FALSE(std::get<GetCommand>(parsed({"get", "b", "k"}).command).options.trace);
}

TEST_CASE("arguments: a write is strict unless it is sloppy, and never both") {
  CHECK(std::get<PutCommand>(parsed({"put", "b", "k", "v"}).command).options.placement ==
        Placement::Strict);
  CHECK(
      std::get<PutCommand>(parsed({"put", "b", "k", "v", "--strict"}).command).options.placement ==
      Placement::Strict);
  CHECK(
      std::get<PutCommand>(parsed({"put", "b", "k", "v", "--sloppy"}).command).options.placement ==
      Placement::Sloppy);
  CHECK(std::get<DeleteCommand>(parsed({"delete", "b", "k", "--sloppy"}).command)
            .options.write.placement == Placement::Sloppy);
  CHECK(refusal({"put", "b", "k", "v", "--sloppy", "--strict"}).find("excludes") !=
        std::string::npos);
}

TEST_CASE("arguments: a wait for tasks may take longer than a request") {
  const auto once = parsed({"cluster", "tasks"});
  CHECK_FALSE(std::get<ClusterTasksCommand>(once.command).wait);
  const auto waiting = parsed({"cluster", "tasks", "--wait", "--timeout", "10m"});
  CHECK(std::get<ClusterTasksCommand>(waiting.command).wait);
  CHECK(waiting.timeout == std::chrono::minutes(10));
  CHECK(refusal({"cluster", "tasks", "--timeout", "10m"}).ends_with("1ms to 60s"));
  CHECK(refusal({"cluster", "tasks", "--wait", "--timeout", "25h"}).ends_with("1ms to 24h"));
}

TEST_CASE("arguments: orders about the members name one, or a plan") {
  const auto leave = parsed({"cluster", "leave", "node1"});
  CHECK(std::get<ClusterChangeCommand>(leave.command).step == ChangeStep::Leave);
  CHECK(std::get<ClusterChangeCommand>(leave.command).member == "node1");
  const auto remove = parsed({"cluster", "remove", "node2"});
  CHECK(std::get<ClusterChangeCommand>(remove.command).step == ChangeStep::Remove);
  CHECK(std::get<ClusterChangeCommand>(parsed({"cluster", "plan"}).command).step ==
        ChangeStep::Plan);
  CHECK(std::get<ClusterChangeCommand>(parsed({"cluster", "abort"}).command).step ==
        ChangeStep::Abort);
  const auto commit = parsed({"cluster", "commit", "--yes"});
  CHECK(std::get<ClusterCommitCommand>(commit.command).yes);
  CHECK(std::get<ClusterCommitCommand>(commit.command).plan.empty());
  const auto named = parsed({"cluster", "commit", "0123456789abcdef"});
  CHECK(std::get<ClusterCommitCommand>(named.command).plan == "0123456789abcdef");
  const auto join = parsed({"cluster", "join", "h:1", "--zone", "east"});
  CHECK(std::get<ClusterChangeCommand>(join.command).step == ChangeStep::Join);
  CHECK(std::get<ClusterChangeCommand>(join.command).address == "h:1");
  CHECK(std::get<ClusterChangeCommand>(join.command).zone == "east");
  const auto replace = parsed({"cluster", "replace", "node1", "h:1"});
  CHECK(std::get<ClusterChangeCommand>(replace.command).step == ChangeStep::Replace);
  CHECK(std::get<ClusterChangeCommand>(replace.command).member == "node1");
  CHECK(refusal({"cluster", "leave"}).find("NAME") != std::string::npos);
}

TEST_CASE("arguments: a repair is of all partitions unless one is named") {
  const auto all = parsed({"cluster", "repair"});
  CHECK_FALSE(std::get<ClusterRepairCommand>(all.command).partition.has_value());
  CHECK_FALSE(std::get<ClusterRepairCommand>(all.command).dry_run);
  const auto dry = parsed({"cluster", "repair", "--dry-run", "--partition", "7"});
  CHECK(std::get<ClusterRepairCommand>(dry.command).partition == 7);
  CHECK(std::get<ClusterRepairCommand>(dry.command).dry_run);
  CHECK(refusal({"cluster", "repair", "--partition", "-1"}).find("--partition") !=
        std::string::npos);
  CHECK(refusal({"cluster", "repair", "--partition", "x"}).find("--partition") !=
        std::string::npos);
}

TEST_CASE("arguments: what is wrong is named") {
  CHECK(refusal({"get", "b"}) == "KEY is required (--help explains)");
  CHECK(refusal({"gett", "b", "k"}) == "unknown command 'gett' (--help explains)");
  CHECK(refusal({"cluster", "states"}) == "unknown command 'states' (--help explains)");
  CHECK(refusal({"get", "b", "k", "-o", "xml"}) == "-o 'xml': the forms are table, json and raw");
  CHECK(refusal({"get", "b", "k", "--timeout", "0"}) == "--timeout 0: a timeout is 1ms to 60s");
  CHECK(refusal({"get", "b", "k", "--endpoint", "h"}).starts_with("endpoint 'h'"));
  CHECK(refusal({"get", "b", "k", "--nonsense"}).find("--nonsense") != std::string::npos);
}

TEST_CASE("arguments: what was set before holds where the words say nothing") {
  const Defaults defaults{.endpoints = "set:1", .timeout = "2s", .form = "json", .w = "all"};
  const auto given = parse_arguments({"put", "b", "k", "v", "--w", "1"}, defaults);
  const auto& invocation = std::get<Invocation>(*given);
  CHECK(invocation.endpoints == Strings{"set:1"});
  CHECK(invocation.timeout == std::chrono::seconds(2));
  CHECK(invocation.form == Form::Json);
  CHECK(std::get<PutCommand>(invocation.command).options.w == Level::count(1));
  const auto silent = parse_arguments({"put", "b", "k", "v"}, defaults);
  CHECK(std::get<PutCommand>(std::get<Invocation>(*silent).command).options.w == Level::all());
}

TEST_CASE("arguments: the grammar has all that is parsed, and nothing of later versions") {
  const Grammar grammar = command_grammar();
  const CommandShape& put = *grammar.find("put");
  CHECK(put.arguments == Strings{"BUCKET", "KEY", "VALUE"});
  const auto has = [&put](const std::string& name, OptionKind kind) {
    return std::ranges::count(put.options, OptionShape{.name = name, .kind = kind}) == 1;
  };
  CHECK(has("--w", OptionKind::WithValue));
  CHECK(has("--strict", OptionKind::Flag));
  CHECK(has("-o", OptionKind::WithValue));
  CHECK(has("--json", OptionKind::Flag));
  CHECK_FALSE(has("--if-absent", OptionKind::Flag));
  CHECK(grammar.find("cluster ring")->arguments.empty());
  CHECK(grammar.find("bucket") == nullptr);
}

TEST_CASE("arguments: JSON is wanted even when the rest is wrong") {
  CHECK(wants_json({"get", "--json"}));
  CHECK(wants_json({"-o", "json", "nonsense"}));
  CHECK(wants_json({"--output=json"}));
  CHECK_FALSE(wants_json({"get", "json"}));
  CHECK_FALSE(wants_json({"-o", "raw"}));
  CHECK_FALSE(wants_json({"put", "b", "k", "--", "--json"}));
}

}  // namespace
}  // namespace starling::cli
