#include "cli/json.h"

#include <chrono>
#include <cstddef>
#include <ratio>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>

#include "starling/status.h"

#include "base/time.h"
#include "bench/latency_histogram.h"
#include "bench/load.h"
#include "bench/load_counts.h"
#include "bench/workload.h"
#include "cli/output.h"
#include "json/answer_json.h"

namespace starling::cli {
namespace {

using Json = nlohmann::ordered_json;

double microseconds_of(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

Json of_operation(const bench::OperationCounts& counts, double seconds) {
  const bench::LatencyHistogram& latencies = counts.latencies;
  Json json{{"ops", latencies.count()},
            {"errors", counts.errors},
            {"throughput", seconds > 0 ? static_cast<double>(latencies.count()) / seconds : 0.0},
            {"p50", microseconds_of(latencies.quantile(0.5))},
            {"p95", microseconds_of(latencies.quantile(0.95))},
            {"p99", microseconds_of(latencies.quantile(0.99))},
            {"p999", microseconds_of(latencies.quantile(0.999))},
            {"max", microseconds_of(latencies.max())}};
  if (counts.errors == 0) return json;
  for (const auto& [code, count] : counts.errors_by_code) {
    json["error_codes"][std::string(status_code_name(code))] = count;
  }
  return json;
}

}  // namespace

std::string json_of(const TransferReport& report) {
  Json json{{"bucket", report.bucket},
            {report.verb, report.done},
            {"failed", report.failed},
            {"failures", Json::array()}};
  for (const TransferFailure& failure : report.failures) {
    Json entry{{"subject", failure.subject}};
    entry.update(error_json(failure.status));
    json["failures"].push_back(std::move(entry));
  }
  if (!report.stopped.ok()) json["error"] = error_json(report.stopped);
  return text_of(json);
}

std::string json_of(const bench::LoadReport& report) {
  Json json{{"workload", report.workload},
            {"clients", report.clients},
            {"pipeline", report.pipeline},
            {"seconds", report.seconds},
            {"operations", Json::object()}};
  for (std::size_t kind = 0; kind < bench::kOperationKinds; ++kind) {
    const bench::OperationCounts& counts = report.counts.kinds.at(kind);
    if (counts.latencies.count() + counts.errors == 0) continue;
    const auto name = bench::operation_name(static_cast<bench::OperationKind>(kind));
    json["operations"][std::string(name)] = of_operation(counts, report.seconds);
  }
  const auto& cpu = report.server_cpu_us_per_operation;
  json["server_cpu_us_per_op"] = cpu.has_value() ? Json(*cpu) : Json(nullptr);
  json["siblings"] = report.counts.siblings;
  json["context_reads"] = report.counts.context_reads;
  json["not_begun"] = report.not_begun;
  if (!report.stopped.ok()) json["error"] = error_json(report.stopped);
  return text_of(json);
}

}  // namespace starling::cli
