// What a request's trace costs: the notes of a put with three replicas as node/ takes them, dropped
// at its end as those of a quick request are, or told. Prints nanoseconds of CPU.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include "starling/status.h"
#include "starling/trace.h"

#include "base/ids.h"
#include "base/time.h"
#include "env/storage_engine.h"
#include "node/request_trace.h"
#include "quorum/actions.h"
#include "ring/cluster_config.h"
#include "ring/ring.h"

namespace starling {
namespace {

constexpr std::size_t kRequests = 1'000'000;
constexpr Instant kBegun{std::chrono::seconds(1)};

double cpu_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

const NodeId kNode0 = node_id_of("node0");
const NodeId kNode1 = node_id_of("node1");
const NodeId kNode2 = node_id_of("node2");

void note_put(RequestTrace& trace, const SendWrite& write) {
  trace.note_minted(kBegun, kNode0, CommitTicket{1});
  trace.note_asked(kBegun, write);
  trace.note(kBegun, {.kind = TraceEventKind::WriteAnswered, .peer = kNode1});
  trace.note_commit(kBegun, CommitTiming{.begun_ago = {}, .done_ago = Duration::zero()});
  trace.note(kBegun, {.kind = TraceEventKind::WriteAnswered, .peer = kNode0});
}

std::shared_ptr<const Ring> three_nodes() {
  ClusterConfig config;
  config.partitions = 8;
  for (const char* const name : {"node0", "node1", "node2"}) {
    config.founders.push_back({.id = node_id_of(name), .name = name, .address = "h:1"});
  }
  return first_ring(config);
}

template <typename One>
void measure(const char* name, One one) {
  const SendWrite write{.to = {kNode1, kNode2}, .versions = {}};
  std::size_t sum = 0;  // so that nothing is left out
  const double begun = cpu_nanoseconds();
  for (std::size_t i = 0; i < kRequests; ++i) sum += one(write);
  const double spent = cpu_nanoseconds() - begun;
  std::printf("%-8s %.1f ns (%zu)\n", name, spent / static_cast<double>(kRequests),
              sum / kRequests);
}

void measure_all() {
  const auto ring = three_nodes();
  measure("off", [](const SendWrite& write) {
    RequestTrace trace;
    note_put(trace, write);
    return std::size_t{trace.is_on() ? 1U : 0U};
  });
  measure("dropped", [](const SendWrite& write) {
    RequestTrace trace(kBegun, RequestTrace::Reader::Nobody);
    note_put(trace, write);
    trace.finish(kBegun, StatusCode::Ok);
    return std::size_t{trace.is_on() ? 1U : 0U};
  });
  measure("told", [&](const SendWrite& write) {
    RequestTrace trace(kBegun, RequestTrace::Reader::Client);
    note_put(trace, write);
    trace.finish(kBegun, StatusCode::Ok);
    return trace.told(*ring, kNode0).events.size();
  });
}

}  // namespace
}  // namespace starling

int main() {
  starling::measure_all();
}
