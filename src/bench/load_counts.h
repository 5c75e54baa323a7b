#pragma once

// LoadCounts: what came of the operations of one client, or of all.

#include <array>
#include <cstdint>
#include <map>

#include "starling/status.h"

#include "base/time.h"
#include "bench/latency_histogram.h"
#include "bench/workload.h"

namespace starling::bench {

// Of one kind of operation.
struct OperationCounts {
  LatencyHistogram latencies;  // of those that succeeded
  std::uint64_t errors = 0;
  std::map<StatusCode, std::uint64_t> errors_by_code;

  void count(StatusCode code, Duration latency);
  void merge(const OperationCounts& other);
};

struct LoadCounts {
  std::array<OperationCounts, kOperationKinds> kinds;
  // Reads before a put whose context was not known, after one in doubt: its latency holds them.
  std::uint64_t context_reads = 0;
  // Writes that left several values, which a share of one's own rules out unless some are in doubt.
  std::uint64_t siblings = 0;

  [[nodiscard]] OperationCounts& of(OperationKind kind);
  [[nodiscard]] const OperationCounts& of(OperationKind kind) const;
  [[nodiscard]] std::uint64_t succeeded() const;
  [[nodiscard]] std::uint64_t failed() const;
  void merge(const LoadCounts& other);
};

}  // namespace starling::bench
