#pragma once

// A cluster of one member in memory behind a loopback port, for the parts of the benchmark: it says
// where it is and what it has used, and a write whose context is not the last one leaves siblings.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "bench/load_options.h"
#include "bench/workload.h"
#include "message/checksum.h"
#include "message/client_messages.h"
#include "support/scripted_server.h"

namespace starling::bench {

class FakeCluster {
 public:
  FakeCluster()
      : server_([this](const ClientRequest& request) {
          return std::visit([this](const auto& body) { return answer(body); }, request.body);
        }) {}

  [[nodiscard]] std::string endpoint() const { return server_.endpoint(); }
  [[nodiscard]] int connections() const { return server_.connections(); }
  // Asks for no records, and ends after `operations`.
  [[nodiscard]] LoadOptions options(const std::string& workload, std::uint64_t operations) const {
    return {.endpoints = {endpoint()},
            .timeout = std::chrono::seconds(10),
            .workload = *workload_of(workload),
            .records = 64,
            .value_size = 10,
            .clients = 4,
            .pipeline = 2,
            .duration = {},
            .operations = operations};
  }

  // All below: read while nothing is asked.
  std::map<std::string, std::vector<std::string>> values{};
  int puts = 0;
  int gets = 0;
  int blind_puts = 0;
  std::size_t siblings_most = 0;
  // From now on: what becomes of puts. Unavailable applies nothing, InDoubt does.
  std::atomic<StatusCode> puts_end_with = StatusCode::Ok;
  std::atomic<std::uint32_t> incarnation = 1;
  std::atomic<int> gets_before_a_stall = -1;
  std::chrono::milliseconds stall{};

 private:
  using Answer = std::optional<ClientReply>;

  static Answer refuse(StatusCode code) {
    return ErrorReply{.status = Status(code, "as the test says"), .replies = {}};
  }

  Answer answer(const ClientPut& put) {
    const StatusCode end = puts_end_with;
    if (end == StatusCode::Unavailable) return refuse(end);
    ++puts;
    auto& stored = values[put.address.key];
    if (put.context.empty()) ++blind_puts;
    if (put.context == context_of(put.address.key)) stored.clear();
    stored.push_back(put.value);
    siblings_most = std::max(siblings_most, stored.size());
    versions_[put.address.key] = ++last_version_;
    if (end == StatusCode::InDoubt) return refuse(end);
    PutReply reply;
    reply.context = context_of(put.address.key);
    reply.siblings = static_cast<std::uint32_t>(stored.size());
    return reply;
  }
  Answer answer(const ClientGet& get) {
    ++gets;
    if (gets_before_a_stall >= 0 && gets_before_a_stall-- == 0) std::this_thread::sleep_for(stall);
    GetReply reply;
    for (const std::string& value : values[get.address.key]) {
      reply.siblings.push_back({.value = value, .content_type = {}, .modified = {}, .dot = "d"});
    }
    reply.context = context_of(get.address.key);
    reply.checksum = checksum_of(get.address.key, reply.siblings);
    return reply;
  }
  Answer answer(const ClientKeys& /*keys*/) {
    KeysReply reply;
    if (!values.empty()) reply.keys.push_back(values.begin()->first);
    return reply;
  }
  Answer answer(const ClientClusterStatus& /*status*/) {
    ClusterStatusReply reply{.cluster = "starling", .replicas = 1};
    reply.members.push_back({.name = "node0",
                             .id = NodeId{7},
                             .address = endpoint(),
                             .http = {},
                             .zone = {},
                             .state = "up"});
    return reply;
  }
  Answer answer(const ClientNodeInfo& /*info*/) {
    NodeInfoReply reply;
    reply.id = NodeId{7};
    reply.incarnation = std::to_string(incarnation);
    reply.cpu_us = 1000 * static_cast<std::uint64_t>(++infos_);
    return reply;
  }
  template <typename Other>
  Answer answer(const Other&) {
    return refuse(StatusCode::Failure);
  }

  std::string context_of(const std::string& key) {
    const auto found = versions_.find(key);
    return found == versions_.end() ? std::string() : "v" + std::to_string(found->second);
  }

  std::map<std::string, std::uint64_t> versions_;
  std::uint64_t last_version_ = 0;
  int infos_ = 0;
  ScriptedServer server_;
};

}  // namespace starling::bench
