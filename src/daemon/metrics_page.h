#pragma once

// The page that GET /metrics answers with: every metric of a node, by name. The only place where
// metrics have names; whoever counts keeps plain numbers. Names end in their unit (_seconds,
// _bytes) and, for what only grows, in _total.
//
// To come with the comparison of replicas in the background: how often their digests differed, and
// how often their records did.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/histogram.h"
#include "http/http_service.h"
#include "net/transport_report.h"
#include "node/node_metrics.h"
#include "node/node_report.h"
#include "storage/disk_guard.h"
#include "storage/storage_metrics.h"

namespace starling {

struct MetricsSources {
  const NodeMetrics& node;
  const NodeReport& report;
  const StorageMetrics& storage;
  std::uint64_t commit_queue_bytes = 0;
  const TransportReport& transport;
  const HttpMetrics& http;
  std::size_t http_connections = 0;
  const Histogram& loop_lag;
  std::uint64_t resident_bytes = 0;
  std::optional<DiskSpace> disk;
};

[[nodiscard]] std::string metrics_page(const MetricsSources& sources);

}  // namespace starling
