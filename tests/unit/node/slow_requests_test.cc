#include "node/slow_requests.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "starling/options.h"
#include "starling/status.h"
#include "starling/trace.h"

#include "base/log.h"
#include "message/client_messages.h"
#include "node/node_options.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

using namespace std::chrono_literals;
using Kind = TraceEventKind;

class KeptLog final : public Log {
 public:
  void write(LogLevel level, std::string_view text) override {
    if (level == LogLevel::Warning) lines.emplace_back(text);
  }
  std::vector<std::string> lines;
};

const KeyAddress kAlice{.bucket = "carts", .key = "alice"};

SlowRequests::Request request_of(const KeyAddress& address) {
  return {.kind = "put",
          .address = address,
          .level = Level::quorum(),
          .result = StatusCode::Ok,
          .took = 1203456us};
}

TEST_CASE("SlowRequests: what takes as long as the threshold is slow, and zero means never") {
  KeptLog log;
  CHECK(SlowRequests(log, 1s).is_slow(1s));
  CHECK_FALSE(SlowRequests(log, 1s).is_slow(999ms));
  CHECK_FALSE(SlowRequests(log, 0s).is_slow(1h));
  CHECK_FALSE(SlowRequests(log, 0s).is_on());
}

TEST_CASE("SlowRequests: a line has the request and its events, questions at once as one") {
  Trace trace;
  trace.events = {
      {.at = 0ms, .kind = Kind::Begun, .node = "node0"},
      {.at = 1ms, .kind = Kind::WriteAsked, .node = "node0", .peer = "node1"},
      {.at = 1ms, .kind = Kind::WriteAsked, .node = "node0", .peer = "node2"},
      {.at = 1ms, .kind = Kind::HintAsked, .node = "node0", .peer = "node3", .home = "node4"},
      {.at = 2500us,
       .kind = Kind::WriteAnswered,
       .node = "node5",
       .peer = "node1",
       .result = "done"},
  };
  CHECK(slow_request_line(request_of(kAlice), trace) ==
        "slow request: put carts/alice at quorum took 1203.4 ms, ok: 0.0 begun, 1.0 write_asked "
        "node1 node2, 1.0 hint_asked node3 for node4, 2.5 at node5 write_answered node1 done");
  trace.left_out = 3;
  CHECK(slow_request_line(request_of(kAlice), trace).ends_with(", and 3 more"));
}

TEST_CASE("SlowRequests: a key can not write lines of its own, nor a long one") {
  const std::string line =
      slow_request_line(request_of({.bucket = "b", .key = "x\n\x1b[31m\xff y\\"}), {});
  CHECK(line.find("b/x\\x0a\\x1b[31m\\xff\\x20y\\x5c at") != std::string::npos);
  const std::string cut =
      slow_request_line(request_of({.bucket = "b", .key = std::string(4096, 'k')}), {});
  CHECK(cut.find("b/" + std::string(64, 'k') + "... at") != std::string::npos);
}

TEST_CASE("SlowRequests: at most ten lines a second, and the next says how many were left out") {
  KeptLog log;
  SlowRequests slow(log, 1s);
  const Instant begun(100s);
  for (int i = 0; i < 25; ++i) {
    if (slow.takes_line(begun + i * 1ms)) slow.tell(request_of(kAlice), {});
  }
  CHECK(log.lines.size() == SlowRequests::kLinesPerSecondMax);
  REQUIRE(slow.takes_line(begun + 1100ms));
  slow.tell(request_of(kAlice), {});
  CHECK(log.lines.back().ends_with("; 15 more before it were not logged"));
  REQUIRE(slow.takes_line(begun + 1200ms));
  slow.tell(request_of(kAlice), {});
  CHECK(log.lines.back().find("not logged") == std::string::npos);
}

TEST_CASE("SlowRequests: a node logs a put that took long, and counts it") {
  TestCluster cluster(3);
  cluster.restart_with({.slow_request = 100ms});
  cluster.request(0, cluster.put_of("key", "value"));
  cluster.clock.advance(99ms);
  cluster.settle();
  CHECK(cluster.warnings().empty());
  cluster.request(0, cluster.put_of("key", "value"));
  cluster.clock.advance(100ms);
  cluster.settle();
  REQUIRE(cluster.warnings().size() == 1);
  const std::string& line = cluster.warnings().front();
  CHECK(line.starts_with("slow request: put bucket/key at quorum took 100.0 ms, ok: 0.0 begun, "));
  CHECK(line.find("0.0 write_asked node0 node") != std::string::npos);
  CHECK(line.find("100.0 write_answered") != std::string::npos);
  CHECK(cluster.node(0).metrics().slow_requests == 1);
  CHECK(cluster.node(1).metrics().slow_requests == 0);
}

TEST_CASE("SlowRequests: a slow forwarded put is told of at both nodes") {
  TestCluster cluster(4);
  cluster.restart_with({.slow_request = 100ms});
  const std::size_t stranger = cluster.stranger_to("key");
  cluster.request(stranger, cluster.put_of("key", "value"));
  cluster.deliver_all();
  cluster.clock.advance(300ms);
  cluster.settle();
  CHECK(cluster.warnings().size() == 2);
  CHECK(cluster.node(stranger).metrics().slow_requests == 1);
}

TEST_CASE("SlowRequests: switched off, nothing is logged and nothing counted") {
  TestCluster cluster(3);
  cluster.restart_with({.slow_request = 0s});
  cluster.request(0, cluster.put_of("key", "value"));
  cluster.clock.advance(4s);
  cluster.settle();
  CHECK(cluster.warnings().empty());
  CHECK(cluster.node(0).metrics().slow_requests == 0);
}

}  // namespace
}  // namespace starling
