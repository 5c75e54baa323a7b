#include "sim/report.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/planted_bug.h"
#include "base/time.h"
#include "sim/fault_plan.h"
#include "sim/mark_board.h"
#include "sim/simulation.h"
#include "sim/trace.h"
#include "sim/violation.h"

namespace starling::sim {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// A timeline that is longer is cut in the middle: what matters is how it began and how it ended.
constexpr std::size_t kTimelineLinesMax = 600;
constexpr std::size_t kViolationsShown = 10;

std::string seconds_of(Duration duration) {
  const auto count = duration_cast<milliseconds>(duration).count();
  std::string rest = std::to_string(count % 1000);
  rest.insert(0, 3 - rest.size(), '0');
  return std::to_string(count / 1000) + "." + rest;
}

// Texts of ours may quote what a peer or a disk said: escape whatever JSON wants escaped.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') {
      out += '\\';
      out += character;
    } else if (static_cast<unsigned char>(character) < 0x20) {
      std::array<char, 8> escape{};
      static_cast<void>(
          std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(character)));
      out += escape.data();
    } else {
      out += character;
    }
  }
  return out + "\"";
}

std::string line_of(const TimelineEntry& entry) {
  std::string time = seconds_of(entry.at.time_since_epoch());
  time.insert(0, time.size() < 9 ? 9 - time.size() : 0, ' ');
  return time + "  " + entry.who + "  " + entry.text + "\n";
}

std::string timeline_of(const RunResult& result, TimelineLength length) {
  std::string text;
  const std::size_t count = result.timeline.size();
  const bool is_cut = length == TimelineLength::Readable && count > kTimelineLinesMax;
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_middle =
        is_cut && i >= kTimelineLinesMax / 4 && i < count - (kTimelineLinesMax * 3 / 4);
    if (!is_middle) text += line_of(result.timeline.at(i));
    if (is_middle && i == kTimelineLinesMax / 4) text += "      ... (--timeline shows all)\n";
  }
  return text;
}

}  // namespace

std::string command_of(const RunOptions& options) {
  std::string command = "starling-sim --seed " + std::to_string(options.seed);
  if (options.scenario != "swarm") command += " --scenario " + options.scenario;
  if (options.engine.has_value())
    command += " --engine " + std::string(engine_name(*options.engine));
  for (const auto& [name, bug] : kPlantedBugs) {
    if (bug == options.planted) command += " --plant " + std::string(name);
  }
  return command;
}

std::string describe_success(const RunResult& result) {
  return "ok: hash " + starling::to_text(result.hash) + ", " + seconds_of(result.simulated) +
         " simulated seconds, " + std::to_string(result.operations) + " operations (" +
         std::to_string(result.acknowledged) + " succeeded), " + std::to_string(result.faults) +
         " faults, " + std::to_string(result.events) + " events, " +
         std::to_string(result.nodes_on_leveldb) + " of " + std::to_string(result.nodes) +
         " nodes on LevelDB\n";
}

std::string describe_failure(const RunOptions& options, const RunResult& result,
                             TimelineLength length) {
  std::string text = "FAILED: " + std::to_string(result.violations.size()) + " violations\n";
  for (std::size_t i = 0; i < std::min(kViolationsShown, result.violations.size()); ++i) {
    const Violation& violation = result.violations.at(i);
    text += "  " + violation.checker + (violation.key.empty() ? "" : " of " + violation.key) +
            ": " + violation.text + "\n";
  }
  if (!result.timeline.empty()) {
    const std::string& key = result.violations.front().key;
    text += "\ntimeline" + (key.empty() ? std::string() : " of " + key) + ":\n";
    text += timeline_of(result, length) + "\n";
  }
  return text + command_of(options) + "\n";
}

std::string to_json(const RunOptions& options, const RunResult& result) {
  std::string json = "{\"seed\":" + std::to_string(result.seed) +
                     ",\"scenario\":" + quoted(result.scenario) +
                     ",\"ok\":" + (result.ok() ? "true" : "false") +
                     ",\"hash\":" + quoted(starling::to_text(result.hash)) +
                     ",\"nodes\":" + std::to_string(result.nodes) +
                     ",\"nodes_on_leveldb\":" + std::to_string(result.nodes_on_leveldb) +
                     ",\"simulated_seconds\":" + seconds_of(result.simulated) +
                     ",\"operations\":" + std::to_string(result.operations) +
                     ",\"faults\":" + std::to_string(result.faults) +
                     ",\"events\":" + std::to_string(result.events) +
                     ",\"plan\":" + quoted(result.plan) + ",\"violations\":[";
  for (std::size_t i = 0; i < result.violations.size(); ++i) {
    const Violation& violation = result.violations.at(i);
    json += std::string(i == 0 ? "" : ",") + "{\"checker\":" + quoted(violation.checker) +
            ",\"key\":" + quoted(violation.key) + ",\"text\":" + quoted(violation.text) + "}";
  }
  return json + "],\"repeat\":" + quoted(command_of(options)) + "}";
}

std::string describe_marks(const MarkBoard& marks) {
  std::string text = "marks:\n";
  for (const auto& [mark, times] : marks.all()) {
    text += "  " + std::to_string(times) + "  " + mark + "\n";
  }
  for (const std::string_view mark : marks.missing(listed_marks())) {
    text += "  never: " + std::string(mark) + "\n";
  }
  return text;
}

}  // namespace starling::sim
