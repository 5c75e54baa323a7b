#include "bench/load_counts.h"

#include <cstddef>
#include <cstdint>

#include "starling/status.h"

#include "base/time.h"
#include "bench/workload.h"

namespace starling::bench {

void OperationCounts::count(StatusCode code, Duration latency) {
  if (code == StatusCode::Ok) return latencies.record(latency);
  ++errors;
  ++errors_by_code[code];
}

void OperationCounts::merge(const OperationCounts& other) {
  latencies.merge(other.latencies);
  errors += other.errors;
  for (const auto& [code, count] : other.errors_by_code) errors_by_code[code] += count;
}

OperationCounts& LoadCounts::of(OperationKind kind) {
  return kinds.at(static_cast<std::size_t>(kind));
}

const OperationCounts& LoadCounts::of(OperationKind kind) const {
  return kinds.at(static_cast<std::size_t>(kind));
}

std::uint64_t LoadCounts::succeeded() const {
  std::uint64_t all = 0;
  for (const OperationCounts& kind : kinds) all += kind.latencies.count();
  return all;
}

std::uint64_t LoadCounts::failed() const {
  std::uint64_t all = 0;
  for (const OperationCounts& kind : kinds) all += kind.errors;
  return all;
}

void LoadCounts::merge(const LoadCounts& other) {
  for (std::size_t kind = 0; kind < kOperationKinds; ++kind) {
    kinds.at(kind).merge(other.kinds.at(kind));
  }
  context_reads += other.context_reads;
  siblings += other.siblings;
}

}  // namespace starling::bench
