// starling-sim: a whole cluster in one process, in virtual time, from one seed.

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <CLI/CLI.hpp>

#include "base/planted_bug.h"
#include "sim/fault_plan.h"
#include "sim/mark_board.h"
#include "sim/report.h"
#include "sim/scenario.h"
#include "sim/simulation.h"
#include "sim/trace.h"

namespace starling::sim {
namespace {

struct Arguments {
  std::optional<std::uint64_t> seed;
  std::string seeds;  // FROM..TO
  std::string scenario = "swarm";
  std::string plant;
  std::string engine;
  bool list = false;
  bool json = false;
  bool marks = false;
  bool timeline = false;
  bool keep_going = false;
};

struct SeedRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

constexpr int kExitUsage = 2;

void print(const std::string& text) {
  static_cast<void>(std::fputs(text.c_str(), stdout));
  static_cast<void>(std::fflush(stdout));
}

int refuse(const std::string& why) {
  static_cast<void>(std::fprintf(stderr, "starling-sim: %s\n", why.c_str()));
  return kExitUsage;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return number;
}

std::optional<SeedRange> range_of(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> first = number_of(text.substr(0, dots));
  const std::optional<std::uint64_t> last = number_of(text.substr(dots + 2));
  if (!first.has_value() || !last.has_value() || *first > *last) return std::nullopt;
  return SeedRange{*first, *last};
}

std::optional<SimEngine> engine_of(std::string_view name) {
  for (const SimEngine engine : {SimEngine::Map, SimEngine::LevelDb}) {
    if (engine_name(engine) == name) return engine;
  }
  return std::nullopt;
}

std::optional<PlantedBug> planted_of(std::string_view name) {
  if (name.empty()) return PlantedBug::None;
  for (const auto& [known, bug] : kPlantedBugs) {
    if (known == name) return bug;
  }
  return std::nullopt;
}

// The one thing here that a seed does not decide: which seed, when nobody names one.
std::uint64_t draw_seed() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();  // NOLINT
  return static_cast<std::uint64_t>(now.count()) % 1'000'000'000U;
}

void list_everything() {
  print("scenarios:\n");
  for (const Scenario& scenario : scenarios()) {
    print("  " + std::string(scenario.name) + ": " + std::string(scenario.summary) + "\n");
  }
  print("bugs to plant:\n");
  for (const auto& [name, bug] : kPlantedBugs) print("  " + std::string(name) + "\n");
}

bool run_one(RunOptions options, const Arguments& arguments, MarkBoard& marks) {
  if (!arguments.json) {
    print("seed " + std::to_string(options.seed) + " scenario " + options.scenario + ": " +
          draw_plan(options.seed, options.scenario, options.engine).describe() + "\n");
  }
  RunResult result = run(options);
  marks.join(result.marks);
  if (arguments.json) {
    print(to_json(options, result) + "\n");
    return result.ok();
  }
  if (result.ok()) {
    print(describe_success(result));
    return true;
  }
  // The same seed is the same run: only now are words worth their time.
  options.recording = arguments.keep_going ? Recording::HashOnly : Recording::Timeline;
  if (!arguments.keep_going) result = run(options);
  print(describe_failure(options, result,
                         arguments.timeline ? TimelineLength::Whole : TimelineLength::Readable));
  return false;
}

int run_all(const Arguments& arguments) {
  RunOptions options;
  options.scenario = arguments.scenario;
  if (scenario_of(arguments.scenario) == nullptr) {
    return refuse("no scenario is called '" + arguments.scenario + "' (--list shows them)");
  }
  const std::optional<PlantedBug> planted = planted_of(arguments.plant);
  if (!planted.has_value()) return refuse("no bug is called '" + arguments.plant + "'");
  options.planted = *planted;
  options.engine = engine_of(arguments.engine);
  if (!arguments.engine.empty() && !options.engine.has_value()) {
    return refuse("--engine wants map or leveldb");
  }
  SeedRange range;
  if (!arguments.seeds.empty()) {
    const std::optional<SeedRange> wanted = range_of(arguments.seeds);
    if (!wanted.has_value()) return refuse("--seeds wants FROM..TO, like 1..1000");
    range = *wanted;
  } else {
    range.first = arguments.seed.has_value() ? *arguments.seed : draw_seed();
    range.last = range.first;
  }
  MarkBoard marks;
  bool all_held = true;
  for (options.seed = range.first; options.seed <= range.last; ++options.seed) {
    all_held = run_one(options, arguments, marks) && all_held;
    if (!all_held && !arguments.keep_going) break;
  }
  if (arguments.marks) print(describe_marks(marks));
  return all_held ? 0 : 1;
}

int main_of(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("A whole Starling cluster in virtual time, from one seed", "starling-sim");
  app.add_option("--seed", arguments.seed, "the seed of one run (default: drawn)");
  app.add_option("--seeds", arguments.seeds, "runs all seeds FROM..TO, until one fails")
      ->excludes(app.get_option("--seed"));
  app.add_option("--scenario", arguments.scenario, "the menu of faults (default: swarm)");
  app.add_option("--plant", arguments.plant, "plants a known bug, to see it found");
  app.add_option("--engine", arguments.engine, "map or leveldb on all nodes (default: drawn)");
  app.add_flag("--list", arguments.list, "lists scenarios and bugs");
  app.add_flag("--json", arguments.json, "prints one object a seed");
  app.add_flag("--marks", arguments.marks, "prints which rare paths were reached");
  app.add_flag("--keep-going", arguments.keep_going, "goes on behind a failing seed");
  app.add_flag("--timeline", arguments.timeline, "prints the whole timeline of a failure");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (arguments.list) {
    list_everything();
    return 0;
  }
  return run_all(arguments);
}

}  // namespace
}  // namespace starling::sim

// NOLINTNEXTLINE(bugprone-exception-escape): memory that ran out here ends the process, rightly.
int main(int argc, char** argv) {
  return starling::sim::main_of(argc, argv);
}
