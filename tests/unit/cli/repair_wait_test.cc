#include "cli/repair_wait.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "starling/admin.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/output.h"
#include "cli/polling.h"

namespace starling::cli {
namespace {

using std::chrono::milliseconds;

const RepairReport kHalf{.partitions = 8, .pairs = 24, .compared = 10};
const RepairReport kWhole{.partitions = 8, .pairs = 24, .compared = 24, .keys_differing = 3};
const RepairReport kPartlyAnswered{
    .partitions = 8, .pairs = 16, .compared = 16, .unanswered = {"node2"}};
const Status kOtherRepair(StatusCode::Overloaded, "another repair");

// A world in which each question has its answer, the last one for ever, and time passes by
// sleeping.
struct RepairScript {
  Output run(milliseconds timeout, bool interrupted = false) {
    return wait_for_repair(
        Form::Json, timeout, RepairRun{},
        {.ask =
             [this](milliseconds /*patience*/) {
               ++asked;
               Result<RepairReport> answer = answers.front();
               if (answers.size() > 1) answers.pop_front();
               return answer;
             },
         .elapsed = [this] { return now; },
         .sleep = [this](milliseconds time) { now += time; },
         .is_interrupted = [this, interrupted] { return interrupted && asked > 1; }},
        [this] { ++ordered_again; }, [this](const RepairReport&) { ++shown; });
  }
  std::deque<Result<RepairReport>> answers;
  milliseconds now{};
  std::size_t asked = 0;
  std::size_t shown = 0;
  std::size_t ordered_again = 0;
};

TEST_CASE("RepairWait: asks until the run is over, however long that takes") {
  RepairScript script{.answers = {}};
  for (int i = 0; i < 100; ++i) script.answers.emplace_back(kHalf);
  script.answers.emplace_back(kWhole);
  const Output output = script.run(milliseconds(1000));
  CHECK(output.exit_code == 0);
  CHECK(output.out.find("\"compared\":24") != std::string::npos);
  CHECK(script.asked == 101);
  CHECK(script.shown == 101);
}

TEST_CASE("RepairWait: what a run wrote is compared once more, until a run writes nothing") {
  RepairReport wrote = kWhole;
  wrote.records_written = 2;
  wrote.bytes = 100;
  RepairScript script{.answers = {wrote, kHalf, wrote, kWhole}};
  const Output output = script.run(milliseconds(1000));
  CHECK(output.exit_code == 0);
  CHECK(script.ordered_again == 2);
  CHECK(script.asked == 4);
  CHECK(output.out.find("\"differed\":9") != std::string::npos);
  CHECK(output.out.find("\"repaired\":4") != std::string::npos);
  CHECK(output.out.find("\"bytes\":200") != std::string::npos);
  CHECK(output.out.find("\"compared\":24") != std::string::npos);
}

TEST_CASE("RepairWait: a cluster that never gets equal is not compared for ever") {
  RepairReport wrote = kWhole;
  wrote.records_written = 1;
  RepairScript script{.answers = {wrote}};
  CHECK(script.run(milliseconds(1000)).exit_code == 0);
  CHECK(script.asked == kRepairRunsMax);
  CHECK(script.ordered_again + 1 == kRepairRunsMax);
}

TEST_CASE("RepairWait: where something could not be compared, nothing is ordered again") {
  RepairReport wrote = kWhole;
  wrote.records_written = 1;
  wrote.absent = {"node2"};
  RepairScript script{.answers = {wrote}};
  CHECK(script.run(milliseconds(1000)).exit_code == 1);
  CHECK(script.ordered_again == 0);
}

TEST_CASE("RepairWait: waits for another run's end, and for a cluster that is away for a moment") {
  RepairScript script{.answers = {kOtherRepair, Status(StatusCode::Unreachable, "nobody"), kWhole}};
  CHECK(script.run(milliseconds(1000)).exit_code == 0);
}

TEST_CASE("RepairWait: an error that does not pass ends it") {
  RepairScript script{.answers = {Status(StatusCode::Usage, "no such partition"), kWhole}};
  const Output output = script.run(milliseconds(1000));
  CHECK(output.exit_code == 2);
  CHECK(script.asked == 1);
}

TEST_CASE("RepairWait: gives up when nothing was heard for the time, and says why") {
  RepairScript script{.answers = {kOtherRepair}};
  const Output output = script.run(milliseconds(1000));
  CHECK(output.exit_code == 5);
  CHECK(output.out.find("another repair") != std::string::npos);
  CHECK(script.asked == 5);
}

TEST_CASE("RepairWait: a member that does not say is waited for no longer than that") {
  RepairScript script{.answers = {kHalf, kPartlyAnswered}};
  const Output output = script.run(milliseconds(1000));
  CHECK(output.exit_code == 1);
  CHECK(output.out.find("\"unanswered\":[\"node2\"]") != std::string::npos);
  CHECK(output.err.find("goes on") != std::string::npos);
}

TEST_CASE("RepairWait: who interrupts it sees how far it was") {
  RepairScript script{.answers = {kHalf}};
  const Output output = script.run(milliseconds(1000), true);
  CHECK(output.exit_code == 1);
  CHECK(output.out.find("\"compared\":10") != std::string::npos);
}

TEST_CASE("RepairWait: pairs that could not be compared, or members that were not there, are 1") {
  RepairReport failed = kWhole;
  failed.compared = 23;
  failed.failed = 1;
  CHECK(RepairScript{.answers = {failed}}.run(milliseconds(1000)).exit_code == 1);
  RepairReport absent = kWhole;
  absent.absent = {"node2"};
  CHECK(RepairScript{.answers = {absent}}.run(milliseconds(1000)).exit_code == 1);
}

}  // namespace
}  // namespace starling::cli
