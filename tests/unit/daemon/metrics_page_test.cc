#include "daemon/metrics_page.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/histogram.h"
#include "base/ids.h"
#include "message/client_messages.h"
#include "message/store_condition.h"
#include "net/transport_report.h"
#include "node/node_metrics.h"
#include "node/node_report.h"
#include "node/request_metrics.h"
#include "storage/disk_guard.h"
#include "storage/storage_metrics.h"

#ifndef STARLING_DEPLOY_FOLDER
#error "the build defines STARLING_DEPLOY_FOLDER"
#endif

namespace starling {
namespace {

// A node of which something is known in every respect.
struct Example {
  Example() {
    node.requests.record({.kind = RequestKind::Put, .result = StatusCode::InDoubt},
                         std::chrono::milliseconds(3));
    node.count_refusal(StatusCode::Overloaded);
    node.peer_reads[node_id_of("node1")].record(Duration(std::chrono::microseconds(300)));
    report.cluster.members = {{.name = "node0", .id = node_id_of("node0"), .state = "up"},
                              {.name = "node1", .id = node_id_of("node1"), .state = "suspect"}};
    report.detector = {.counts = {.stalls = 5, .probes = 9, .failed_probes = 3, .helped_probes = 2},
                       .verdicts = 1,
                       .refutations = 4};
    report.condition = StoreCondition::Tight;
    report.info.version = "1.2.3";
    report.info.cpu_us = 1'500'000;
    storage.database.levels = {{.level = 1, .files = 7, .bytes = 5U << 20U}};
    transport.peers = {{.name = "node1",
                        .up = true,
                        .queued_bytes = 9,
                        .round_trip = std::chrono::microseconds(250)}};
  }
  [[nodiscard]] std::string page() const {
    return metrics_page({.node = node,
                         .report = report,
                         .storage = storage,
                         .commit_queue_bytes = 11,
                         .transport = transport,
                         .http = http,
                         .http_connections = 2,
                         .loop_lag = loop_lag,
                         .resident_bytes = 4096,
                         .disk = DiskSpace{.free = 100, .total = 1000}});
  }

  NodeMetrics node;
  NodeReport report;
  StorageMetrics storage;
  TransportReport transport;
  HttpMetrics http;
  Histogram loop_lag;
};

// Each family's name and type, in a page.
std::map<std::string, std::string> families_of(const std::string& page) {
  std::map<std::string, std::string> families;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash;
    std::string keyword;
    std::string name;
    std::string type;
    if (words >> hash >> keyword >> name >> type && hash == "#" && keyword == "TYPE") {
      CAPTURE(name);
      CHECK(families.emplace(name, type).second);
    }
  }
  return families;
}

TEST_CASE("MetricsPage: tells what was counted, under its labels") {
  const std::string page = Example().page();
  for (const char* const line :
       {"starling_request_seconds_count{operation=\"put\",level=\"quorum\",result=\"in_doubt\"} "
        "1\n",
        "starling_requests_refused_total{code=\"overloaded\"} 1\n",
        "starling_peer_read_seconds_count{peer=\"node1\"} 1\n",
        "starling_peer_round_trip_seconds{peer=\"node1\"} 0.00025\n",
        "starling_peer_output_bytes{peer=\"node1\"} 9\n",
        "starling_member_up{member=\"node0\"} 1\n",
        "starling_member_up{member=\"node1\"} 0\n",
        "starling_members{state=\"up\"} 1\n",
        "starling_members{state=\"suspect\"} 1\n",
        "starling_members{state=\"down\"} 0\n",
        "starling_probes_total 9\n",
        "starling_probes_unanswered_total{reached_by=\"others\"} 2\n",
        "starling_probes_unanswered_total{reached_by=\"nobody\"} 3\n",
        "starling_members_held_for_down_total 1\n",
        "starling_accusations_refuted_total 4\n",
        "starling_stalls_total 5\n",
        "starling_store_condition{condition=\"tight\"} 1\n",
        "starling_store_condition{condition=\"roomy\"} 0\n",
        "starling_leveldb_files{level=\"1\"} 7\n",
        "starling_leveldb_level_bytes{level=\"1\"} 5242880\n",
        "starling_commit_queue_bytes 11\n",
        "starling_process_cpu_seconds_total 1.5\n",
        "starling_disk_free_bytes 100\n",
        "starling_build_info{version=\"1.2.3\","}) {
    CAPTURE(line);
    CHECK(page.find(line) != std::string::npos);
  }
}

TEST_CASE("MetricsPage: names begin with starling_, and end as their type does") {
  const auto families = families_of(Example().page());
  CHECK(families.size() > 50);
  for (const auto& [name, type] : families) {
    CAPTURE(name);
    CHECK(std::regex_match(name, std::regex("starling(_[a-z0-9]+)+")));
    CHECK(name.ends_with("_total") == (type == "counter"));
  }
}

// All words that look like a metric, in the text of a file.
std::set<std::string> metrics_named_in(const std::string& file) {
  std::ifstream stream(std::string(STARLING_DEPLOY_FOLDER) + "/" + file);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const std::regex word("starling_[a-z0-9_]+");
  return {std::sregex_token_iterator(text.begin(), text.end(), word), std::sregex_token_iterator()};
}

// The names under which a page's families can be asked for.
std::set<std::string> names_of(const std::map<std::string, std::string>& families) {
  std::set<std::string> names;
  for (const auto& [name, type] : families) {
    if (type != "histogram") {
      names.insert(name);
      continue;
    }
    for (const char* const suffix : {"_bucket", "_sum", "_count"}) names.insert(name + suffix);
  }
  return names;
}

TEST_CASE("MetricsPage: the dashboard and the alerts name only metrics that exist") {
  const std::set<std::string> known = names_of(families_of(Example().page()));
  for (const char* const file : {"grafana/starling.json", "prometheus/starling.rules.yml"}) {
    CAPTURE(file);
    const std::set<std::string> named = metrics_named_in(file);
    CHECK(named.size() > 10);
    for (const std::string& name : named) {
      CAPTURE(name);
      CHECK(known.contains(name));
    }
  }
}

TEST_CASE("MetricsPage: every family is there before anything has happened") {
  const Example example;
  const NodeMetrics nothing;
  const std::string page = metrics_page({.node = nothing,
                                         .report = {},
                                         .storage = {},
                                         .transport = {},
                                         .http = {},
                                         .loop_lag = {},
                                         .disk = {}});
  CHECK(families_of(page) == families_of(example.page()));
}

TEST_CASE("MetricsPage: every line is a comment or a sample with a number") {
  const std::string label = R"re([a-z_]+="[^"\\\n]*")re";
  const std::regex sample("starling_[a-z0-9_]+(\\{" + label + "(," + label +
                          ")*\\})? [0-9][0-9.e+-]*");
  std::istringstream lines(Example().page());
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK((line.starts_with("# ") || std::regex_match(line, sample)));
  }
}

}  // namespace
}  // namespace starling
