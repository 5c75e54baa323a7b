// What counting costs a request: all that is recorded for one put and one get with two peers, as
// node/ does it, over latencies and sizes that vary. Prints nanoseconds of CPU.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <vector>

#include "starling/options.h"
#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "node/node_metrics.h"
#include "node/request_metrics.h"

namespace starling {
namespace {

constexpr std::size_t kRequests = 5'000'000;
constexpr std::size_t kValues = 4096;

double cpu_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::vector<Duration> latencies() {
  Random random(1);
  std::vector<Duration> values;
  for (std::size_t i = 0; i < kValues; ++i) {
    values.emplace_back(50'000 + static_cast<std::int64_t>(random.next() % 2'000'000U));
  }
  return values;
}

void count_put(NodeMetrics& metrics, Duration latency) {
  metrics.requests.record({.kind = RequestKind::Put, .level = Level::Name::Quorum}, latency);
  metrics.put_bytes.record(std::uint64_t{100});
}

void count_get(NodeMetrics& metrics, Duration latency) {
  metrics.requests.record({.kind = RequestKind::Get, .level = Level::Name::Quorum}, latency);
  metrics.get_bytes.record(std::uint64_t{100});
  metrics.read_siblings.record(std::uint64_t{1});
  for (const char* const peer : {"node1", "node2"}) {
    static const NodeId first = node_id_of("node1");
    static const NodeId second = node_id_of("node2");
    metrics.peer_reads[peer[4] == '1' ? first : second].record(latency / 2);
  }
}

template <typename Count>
void measure(const char* name, Count count) {
  NodeMetrics metrics;
  const std::vector<Duration> values = latencies();
  const double begun = cpu_nanoseconds();
  for (std::size_t i = 0; i < kRequests; ++i) count(metrics, values[i % kValues]);
  const double spent = cpu_nanoseconds() - begun;
  std::printf("%-4s %.1f ns\n", name, spent / static_cast<double>(kRequests));
}

}  // namespace
}  // namespace starling

int main() {
  starling::measure("put", starling::count_put);
  starling::measure("get", starling::count_get);
}
