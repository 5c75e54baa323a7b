#include "bench/load_options.h"

#include <cstdint>
#include <string>
#include <utility>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

namespace starling::bench {
namespace {

Status refuse(std::string why) {
  return {StatusCode::Usage, std::move(why)};
}

Status check_clients(const LoadOptions& options) {
  if (options.clients == 0 || options.clients > kClientsMax) {
    return refuse("--clients is 1 to " + std::to_string(kClientsMax));
  }
  if (options.pipeline == 0 || options.pipeline > kPipelineMax) {
    return refuse("--pipeline is 1 to " + std::to_string(kPipelineMax));
  }
  const std::uint64_t outstanding = std::uint64_t{options.clients} * options.pipeline;
  if (outstanding <= kOutstandingMax) return Status::success();
  return refuse("--clients times --pipeline is " + std::to_string(outstanding) + ": at most " +
                std::to_string(kOutstandingMax) + " requests can be under way");
}

// Each client writes a share of the records, and each of them once at a time.
Status check_records(const LoadOptions& options) {
  if (options.records > kRecordsMax) {
    return refuse("--records is at most " + std::to_string(kRecordsMax));
  }
  const std::uint64_t needed = std::uint64_t{options.clients} * options.pipeline;
  if (!options.workload.needs_records() || options.records >= needed) return Status::success();
  return refuse("--records " + std::to_string(options.records) + ": " +
                std::to_string(options.clients) + " clients with " +
                std::to_string(options.pipeline) + " requests each need at least " +
                std::to_string(needed));
}

}  // namespace

Status check(const LoadOptions& options) {
  STARLING_RETURN_IF_ERROR(check_bucket(options.bucket));
  STARLING_RETURN_IF_ERROR(check_clients(options));
  STARLING_RETURN_IF_ERROR(check_records(options));
  if (options.value_size > kValueBytesMax) {
    return {StatusCode::TooLarge, "--value-size is at most 16 MiB"};
  }
  if (options.duration.has_value() && options.duration->count() <= 0) {
    return refuse("--duration is longer than nothing");
  }
  if (options.operations == 0) return refuse("--ops is at least 1");
  if (!options.duration.has_value() && !options.operations.has_value()) {
    return refuse("--duration or --ops says when to end");
  }
  const bool paced = options.rate.has_value();
  // Written so that what is not a number is refused.
  if (paced && !(*options.rate >= kRateMin && *options.rate <= kRateMax)) {
    return refuse("--rate is operations a second: more than one an hour, at most 100000000");
  }
  return Status::success();
}

}  // namespace starling::bench
