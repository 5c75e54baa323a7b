#include "cli/bench.h"

#include <chrono>

#include <doctest/doctest.h>

#include "bench/load.h"
#include "bench/workload.h"
#include "fake_store.h"

namespace starling::cli {
namespace {

using bench::LoadReport;
using bench::OperationKind;

LoadReport report_of(int puts) {
  LoadReport report{.workload = "put", .clients = 2, .pipeline = 3, .seconds = 2};
  for (int put = 0; put < puts; ++put) {
    report.counts.of(OperationKind::Put).count(StatusCode::Ok, std::chrono::microseconds(100));
  }
  return report;
}

TEST_CASE("bench: its JSON has these keys, latencies in microseconds") {
  LoadReport report = report_of(4);
  report.server_cpu_us_per_operation = 12.5;
  const Output output = bench_output(Form::Json, report);
  CHECK(output.exit_code == 0);
  CHECK(output.out ==
        R"({"workload":"put","clients":2,"pipeline":3,"seconds":2.0,"operations":{"put":{"ops":4,)"
        R"("errors":0,"throughput":2.0,"p50":100.0,"p95":100.0,"p99":100.0,"p999":100.0,)"
        R"("max":100.0}},"server_cpu_us_per_op":12.5,"siblings":0,"context_reads":0,)"
        R"("not_begun":0})"
        "\n");
}

TEST_CASE("bench: errors stand by their codes, and what is not known is null") {
  LoadReport report = report_of(1);
  report.counts.of(OperationKind::Put).count(StatusCode::InDoubt, {});
  report.counts.of(OperationKind::Put).count(StatusCode::InDoubt, {});
  const Output output = bench_output(Form::Json, report);
  CHECK(output.exit_code == 0);
  CHECK(output.out.find(R"("error_codes":{"in_doubt":2})") != std::string::npos);
  CHECK(output.out.find(R"("server_cpu_us_per_op":null)") != std::string::npos);
}

TEST_CASE("bench: a table says what people should know") {
  LoadReport report = report_of(1);
  report.counts.of(OperationKind::Put).count(StatusCode::InDoubt, {});
  report.not_begun = 7;
  report.counts.siblings = 2;
  const std::string table = bench_output(Form::Table, report).out;
  CHECK(table.starts_with("workload put, 2 clients with 3 requests each, 2.0 s\n"));
  CHECK(table.find("! put: 1 ended with in_doubt\n") != std::string::npos);
  CHECK(table.find("7 operations were never begun") != std::string::npos);
  CHECK(table.find("2 writes left several values") != std::string::npos);
  CHECK(table.find("processor time of all nodes: unknown") != std::string::npos);
}

TEST_CASE("bench: when nothing succeeds, the exit code is that of the errors") {
  LoadReport report = report_of(0);
  report.counts.of(OperationKind::Put).count(StatusCode::Unavailable, {});
  const Output output = bench_output(Form::Table, report);
  CHECK(output.exit_code == 5);
  CHECK(output.err.find("no operation succeeded, 1 failed") != std::string::npos);
}

TEST_CASE("bench: one that was given up says why") {
  LoadReport report = report_of(1);
  report.stopped = Status(StatusCode::Unavailable, "gone");
  CHECK(bench_output(Form::Table, report).exit_code == 5);
  CHECK(bench_output(Form::Json, report).out.find(R"("error":{"code":"unavailable")") !=
        std::string::npos);
}

TEST_CASE("bench: usage errors are exit 2, and nobody there is exit 5") {
  CHECK(run_tool({"bench", "--clients", "0"}).exit_code == 2);
  CHECK(run_tool({"bench", "--json", "--rate", "-3"}).out.find("\"usage\"") != std::string::npos);
  CHECK(run_tool({"bench", "--endpoint", "127.0.0.1:1"}).exit_code == 5);
}

}  // namespace
}  // namespace starling::cli
