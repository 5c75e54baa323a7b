#include "cli/json.h"

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

TEST_CASE("json: a transfer is printed with what failed and why") {
  TransferReport report;
  report.bucket = "b";
  report.verb = "imported";
  report.done = 2;
  report.failed = 1;
  report.failures = {{.subject = "line 3", .status = Status(StatusCode::Usage, "no key")}};
  CHECK(json_of(report) ==
        R"({"bucket":"b","imported":2,"failed":1,"failures":[{"subject":"line 3",)"
        R"("code":"usage","message":"no key","in_doubt":false,"required":0,"received":0,)"
        R"("retryable":false}]})");
}

TEST_CASE("json: what stopped a measurement stands in its report") {
  bench::LoadReport report;
  report.workload = "a";
  report.stopped = Status(StatusCode::Unreachable, "nobody");
  CHECK(json_of(report).starts_with(R"({"workload":"a","clients":)"));
  CHECK(json_of(report).find(R"("error":{"code":"unreachable")") != std::string::npos);
}

}  // namespace
}  // namespace starling::cli
