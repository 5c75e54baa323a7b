#include "bench/load_counts.h"

#include <chrono>

#include <doctest/doctest.h>

namespace starling::bench {
namespace {

TEST_CASE("LoadCounts: errors are counted by their codes and have no latency") {
  LoadCounts counts;
  counts.of(OperationKind::Put).count(StatusCode::Ok, std::chrono::milliseconds(1));
  counts.of(OperationKind::Put).count(StatusCode::InDoubt, std::chrono::seconds(5));
  counts.of(OperationKind::Get).count(StatusCode::NotFound, {});
  CHECK(counts.succeeded() == 1);
  CHECK(counts.failed() == 2);
  CHECK(counts.of(OperationKind::Put).latencies.max() == std::chrono::milliseconds(1));
  CHECK(counts.of(OperationKind::Put).errors_by_code.at(StatusCode::InDoubt) == 1);
}

TEST_CASE("LoadCounts: those of two clients add up") {
  LoadCounts one;
  one.of(OperationKind::Get).count(StatusCode::Unavailable, {});
  one.siblings = 1;
  LoadCounts other = one;
  other.context_reads = 3;
  other.of(OperationKind::Get).count(StatusCode::Ok, std::chrono::seconds(1));
  one.merge(other);
  CHECK(one.of(OperationKind::Get).errors_by_code.at(StatusCode::Unavailable) == 2);
  CHECK(one.succeeded() == 1);
  CHECK(one.failed() == 2);
  CHECK(one.siblings == 2);
  CHECK(one.context_reads == 3);
}

}  // namespace
}  // namespace starling::bench
