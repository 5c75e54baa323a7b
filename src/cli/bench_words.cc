#include "cli/bench_words.h"

#include <cstdint>
#include <string>
#include <utility>

#include "starling/result.h"
#include "starling/status.h"

#include "base/quantity.h"
#include "base/time.h"
#include "bench/load_options.h"
#include "bench/workload.h"

namespace starling::cli {
namespace {

Status refuse(const std::string& option, const Status& why) {
  return {StatusCode::Usage, option + ": " + why.message()};
}

Result<bench::Distribution> distribution_of(const std::string& name, bench::Distribution own) {
  if (name.empty()) return own;
  if (name == "uniform") return bench::Distribution::Uniform;
  if (name == "zipfian") return bench::Distribution::Zipfian;
  return Status(StatusCode::Usage, "--distribution '" + name + "': there are uniform and zipfian");
}

}  // namespace

Result<bench::LoadOptions> load_options_of(const BenchWords& words) {
  bench::LoadOptions options{.bucket = words.bucket,
                             .records = words.records,
                             .clients = words.clients,
                             .pipeline = words.pipeline,
                             .operations = words.operations,
                             .rate = words.rate};
  Result<bench::Workload> workload = bench::workload_of(words.workload);
  if (!workload.ok()) return refuse("--workload", workload.status());
  options.workload = *std::move(workload);
  STARLING_ASSIGN_OR_RETURN(read, options.workload.distribution,
                            distribution_of(words.distribution, options.workload.distribution));
  const Result<std::uint64_t> size = parse_size(words.value_size);
  if (!size.ok()) return refuse("--value-size", size.status());
  options.value_size = *size;
  if (words.operations.has_value()) options.duration.reset();
  if (!words.duration.empty()) {
    const Result<Duration> duration = parse_duration(words.duration);
    if (!duration.ok()) return refuse("--duration", duration.status());
    options.duration = *duration;
  }
  STARLING_RETURN_IF_ERROR(bench::check(options));
  return options;
}

}  // namespace starling::cli
