#pragma once

// NodeMetrics: what a node counts while it works, as plain numbers that its parts increment. It
// judges nothing and costs next to nothing; the host reads it (daemon/metrics_page.h). What can be
// looked up at any time is not counted here but reported (node_report.h).

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include "starling/status.h"

#include "base/histogram.h"
#include "base/ids.h"
#include "node/request_metrics.h"

namespace starling {

struct NodeMetrics {
  RequestMetrics requests;
  // Requests of clients that were refused before they began, by code.
  std::array<std::uint64_t, static_cast<std::size_t>(StatusCode::Corruption) + 1> refused{};

  Histogram put_bytes;      // of the value of each answered put
  Histogram get_bytes;      // of the live values that one get returned together
  Histogram read_siblings;  // live values that one get returned
  std::uint64_t forwarded_puts = 0;
  std::uint64_t repaired_reads = 0;  // answered after a replica was written back
  std::uint64_t repair_writes = 0;   // sent to replicas that a read found behind

  std::uint64_t slow_requests = 0;  // that took as long as NodeOptions::slow_request, or longer

  // From the beginning of a get to each of its answers from that peer.
  std::map<NodeId, Histogram> peer_reads;

  void count_refusal(StatusCode code) { ++refused[static_cast<std::size_t>(code)]; }
};

}  // namespace starling
