#include "sim/report.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "base/planted_bug.h"
#include "base/time.h"
#include "sim/mark_board.h"
#include "sim/simulation.h"

namespace starling::sim {
namespace {

RunResult failed() {
  RunResult result;
  result.seed = 7;
  result.scenario = "disks";
  result.violations = {{"lost-write", "k1", "w3 \"is\" gone"}};
  result.timeline = {{Instant(std::chrono::milliseconds(1500)), "node0", "k1", "starts"}};
  return result;
}

TEST_CASE("Report: the last line of a failure is the command that repeats it") {
  RunOptions options;
  options.seed = 7;
  options.scenario = "disks";
  options.planted = PlantedBug::SkipRepair;
  const std::string text = describe_failure(options, failed(), TimelineLength::Readable);
  CHECK(text.ends_with("\nstarling-sim --seed 7 --scenario disks --plant skip-repair\n"));
  CHECK(text.find("lost-write of k1: w3") != std::string::npos);
  CHECK(text.find("    1.500  node0  starts\n") != std::string::npos);
}

TEST_CASE("Report: a run is one JSON object with the promised keys") {
  const std::string json = to_json({}, failed());
  CHECK(json.starts_with("{\"seed\":7,\"scenario\":\"disks\",\"ok\":false,\"hash\":\"0000"));
  CHECK(json.find("\"simulated_seconds\":0.000") != std::string::npos);
  CHECK(json.find("w3 \\\"is\\\" gone") != std::string::npos);
}

TEST_CASE("Report: a success names its hash") {
  RunResult result;
  result.hash = 255;
  CHECK(describe_success(result).starts_with("ok: hash 00000000000000ff"));
}

TEST_CASE("Report: marks that were never reached stand at the end") {
  MarkBoard marks;
  marks.reach("read: deleted");
  const std::string text = describe_marks(marks);
  CHECK(text.find("  1  read: deleted\n") != std::string::npos);
  CHECK(text.find("  never: read: siblings\n") != std::string::npos);
}

}  // namespace
}  // namespace starling::sim
