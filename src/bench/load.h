#pragma once

// run_load: a benchmark from its options to its figures: looks at the cluster, loads the records,
// keeps all clients busy until the end, and counts.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "starling/result.h"
#include "starling/status.h"

#include "bench/load_counts.h"
#include "bench/load_options.h"

namespace starling::bench {

struct LoadReport {
  std::string workload;
  std::uint32_t clients = 0;
  std::uint32_t pipeline = 0;
  double seconds = 0;  // from the first operation to the answer of the last
  LoadCounts counts;
  // At a fixed rate: operations whose time came before the end, and that were never begun because
  // the pipelines were full. Not zero: the cluster was slower than asked for.
  std::uint64_t not_begun = 0;
  // Of all members together; nothing: one could not be asked, or was restarted meanwhile.
  std::optional<double> server_cpu_us_per_operation;
  // Why it ended before its time; ok: it did not.
  Status stopped;
};

// Called a few times a second, by the thread that called run_load().
struct LoadEvents {
  std::function<void(std::uint64_t loaded)> on_loading;
  std::function<void(double seconds, std::uint64_t succeeded, std::uint64_t failed)> on_running;
};

// Ends by itself: at the end the options name, or when nothing has succeeded for a while; no
// operation outlives its timeout.
// Errors: Usage        options that can not be honoured. Nothing was sent.
//         Unreachable  and others of Client::cluster_status: there is no cluster.
//         of Client::put and get  the records could not be loaded.
[[nodiscard]] Result<LoadReport> run_load(const LoadOptions& options, const LoadEvents& events);

}  // namespace starling::bench
