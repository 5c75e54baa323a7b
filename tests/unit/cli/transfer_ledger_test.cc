#include "cli/transfer_ledger.h"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

namespace starling::cli {
namespace {

struct Bench {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{.in = in, .out = out, .err = err};
  TransferLedger ledger{console, "b", "imported"};
};

const Status kGone(StatusCode::Unreachable, "gone");

TEST_CASE("TransferLedger: it counts, prints each failure, and keeps the worst") {
  Bench bench;
  bench.ledger.count_done();
  bench.ledger.count_failure("line 2", Status(StatusCode::InDoubt, "silence"));
  bench.ledger.count_failure("line 3", Status(StatusCode::Usage, "noise"));
  const TransferReport report = bench.ledger.report();
  CHECK(report.done == 1);
  CHECK(report.failed == 2);
  CHECK(report.worst_exit_code == 6);
  CHECK(report.failures.at(0).subject == "line 2");
  CHECK(bench.err.str() == "starling: line 2: in_doubt: silence\nstarling: line 3: usage: noise\n");
}

TEST_CASE("TransferLedger: a hundred failures of the cluster in a row end the transfer") {
  Bench bench;
  for (int line = 0; line < 99; ++line) bench.ledger.count_failure("line", kGone);
  CHECK_FALSE(bench.ledger.is_stopped());
  bench.ledger.count_done();
  for (int line = 0; line < 100; ++line) bench.ledger.count_failure("line", kGone);
  CHECK(bench.ledger.is_stopped());
  CHECK(bench.ledger.report().stopped.code() == StatusCode::Unreachable);
}

TEST_CASE("TransferLedger: lines that are wrong in themselves never end it") {
  Bench bench;
  for (int line = 0; line < 2000; ++line) {
    bench.ledger.count_failure("line", Status(StatusCode::Usage, "noise"));
  }
  CHECK_FALSE(bench.ledger.is_stopped());
  const TransferReport report = bench.ledger.report();
  CHECK(report.failed == 2000);
  CHECK(report.failures.size() == kListedFailuresMax);
}

TEST_CASE("TransferLedger: the first reason to stop stays") {
  Bench bench;
  bench.ledger.stop(kGone);
  bench.ledger.stop(Status(StatusCode::Failure, "later"));
  CHECK(bench.ledger.report().stopped == kGone);
  CHECK(bench.ledger.report().worst_exit_code == 5);
}

}  // namespace
}  // namespace starling::cli
