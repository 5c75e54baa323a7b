#pragma once

// TestCluster: several Nodes in one process, with messages and commits that happen when the test
// says so and a clock that stands still. No faults by itself: for those there is the simulator.

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "env/clock.h"
#include "env/transport.h"
#include "message/checksum.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/node.h"
#include "node/node_options.h"
#include "ring/cluster_config.h"
#include "support/memory_engine.h"

namespace starling {

class TestClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall_now() const override { return {.milliseconds = 1'700'000'000'000}; }
  [[nodiscard]] Duration cpu_used() const override { return std::chrono::microseconds(250); }
  void advance(Duration by) { now_ += by; }

 private:
  Instant now_{std::chrono::seconds(1000)};
};

class TestCluster {
 public:
  struct Sent {
    NodeId from;
    NodeId to;
    PeerMessage message;
  };

  explicit TestCluster(std::size_t nodes, PlantedBug planted = PlantedBug::None,
                       std::uint32_t replicas = 3) {
    config_.partitions = 8;
    config_.replicas = replicas;
    for (std::size_t i = 0; i < nodes; ++i) {
      const std::string name = "node" + std::to_string(i);
      config_.founders.push_back(
          {.id = node_id_of(name), .name = name, .address = "host:" + std::to_string(7400 + i)});
    }
    people_ = config_.founders;
    for (std::size_t i = 0; i < nodes; ++i) {
      hosts_.push_back(std::make_unique<Host>(*this, people_[i].id));
      engines_.push_back(std::make_unique<MemoryEngine>());
      start(i, planted);
    }
  }

  // One more node, which waits to be joined; returns its number.
  std::size_t add_spare() {
    const std::size_t i = people_.size();
    const std::string name = "node" + std::to_string(i);
    people_.push_back(
        {.id = node_id_of(name), .name = name, .address = "host:" + std::to_string(7400 + i)});
    hosts_.push_back(std::make_unique<Host>(*this, people_[i].id));
    engines_.push_back(std::make_unique<MemoryEngine>());
    start(i);
    return i;
  }

  void start(std::size_t i, PlantedBug planted = PlantedBug::None) {
    nodes_.resize(std::max(nodes_.size(), i + 1));
    NodeOptions options = options_;
    options.name = people_[i].name;
    options.planted = planted;
    options.waits_to_join = i >= config_.founders.size();
    ClusterConfig config = config_;
    if (options.waits_to_join) config.founders = {people_[i]};
    nodes_[i] = std::make_unique<Node>(options, config,
                                       NodeHost{.clock = clock,
                                                .transport = *hosts_[i],
                                                .storage = *engines_[i],
                                                .log = log_,
                                                .random = Random(++starts_)});
    started_ = nodes_[i]->start();
  }
  // Ends a node without a word; what was not committed is lost.
  void stop(std::size_t i) {
    for (std::size_t other = 0; other < nodes_.size(); ++other) cut(i, other);
    nodes_[i].reset();
    engines_[i]->crash();
  }
  // All nodes anew, with these options, connected.
  void restart_with(const NodeOptions& options) {
    options_ = options;
    for (std::size_t i = 0; i < nodes_.size(); ++i) stop(i);
    for (std::size_t i = 0; i < nodes_.size(); ++i) start(i);
    connect_all();
  }
  void wipe(std::size_t i) { engines_[i] = std::make_unique<MemoryEngine>(); }

  void connect(std::size_t a, std::size_t b) {
    if (a == b || !nodes_[a] || !nodes_[b]) return;
    connected_.insert({id(a), id(b)});
    connected_.insert({id(b), id(a)});
    nodes_[a]->on_peer_up(id(b), nodes_[b]->hello());
    nodes_[b]->on_peer_up(id(a), nodes_[a]->hello());
  }
  void cut(std::size_t a, std::size_t b) {
    if (connected_.erase({id(a), id(b)}) == 0) return;
    connected_.erase({id(b), id(a)});
    if (nodes_[a]) nodes_[a]->on_peer_down(id(b));
    if (nodes_[b]) nodes_[b]->on_peer_down(id(a));
  }
  void connect_all() {
    for (std::size_t a = 0; a < nodes_.size(); ++a) {
      for (std::size_t b = a + 1; b < nodes_.size(); ++b) connect(a, b);
    }
    settle();
  }

  // Delivers messages and completes commits until nothing is left to do.
  void settle() {
    bool busy = true;
    while (busy) {
      busy = deliver_all();
      for (std::size_t i = 0; i < nodes_.size(); ++i) busy = commit(i) || work(i) || busy;
    }
  }
  bool deliver_all() {
    bool any = false;
    while (!sent.empty()) {
      Sent next = std::move(sent.front());
      sent.pop_front();
      any = true;
      const std::size_t to = index(next.to);
      const bool is_letter = std::holds_alternative<ChainLetter>(next.message);
      if (is_letter && without_letters.contains(next.to)) continue;
      const bool linked = connected_.contains({next.from, next.to});
      if (linked && nodes_[to]) nodes_[to]->on_peer_message(next.from, std::move(next.message));
    }
    return any;
  }
  // Fires a timer that is due: bulk work goes on that way.
  bool work(std::size_t i) {
    if (!nodes_[i]) return false;
    const std::optional<Instant> next = nodes_[i]->next_deadline();
    if (!next.has_value() || *next > clock.now()) return false;
    nodes_[i]->on_timer();
    return true;
  }
  bool commit(std::size_t i) {
    if (!nodes_[i] || engines_[i]->queue.empty()) return false;
    const CommitTicket through = engines_[i]->complete_all();
    nodes_[i]->on_committed(through, Status::success());
    return true;
  }

  // Sends a request to node `i`; replies come into `replies` under the number that is returned.
  std::uint64_t request(std::size_t i, ClientRequestBody body,
                        Duration remaining = std::chrono::seconds(5)) {
    const std::uint64_t number = ++requests_;
    nodes_[i]->on_client_request({.connection = 1, .request = number},
                                 {.remaining = remaining, .body = std::move(body)});
    return number;
  }
  template <typename Reply>
  Reply ask(std::size_t i, ClientRequestBody body) {
    const std::uint64_t number = request(i, std::move(body));
    settle();
    return std::get<Reply>(replies.at(number));
  }
  ClientPut put_of(const std::string& key, const std::string& value,
                   const std::string& context = {}) {
    return {.address = {.bucket = "bucket", .key = key},
            .value = value,
            .context = context,
            .request = {.client = {.high = 1, .low = 2}, .counter = ++requests_},
            .checksum = checksum_of(key, "", value)};
  }
  static ClientGet get_of(const std::string& key) {
    return {.address = {.bucket = "bucket", .key = key}};
  }

  [[nodiscard]] Node& node(std::size_t i) { return *nodes_[i]; }
  // What the nodes have warned of so far.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return log_.kept; }
  [[nodiscard]] MemoryEngine& engine(std::size_t i) { return *engines_[i]; }
  [[nodiscard]] NodeId id(std::size_t i) const { return people_[i].id; }
  [[nodiscard]] const ClusterConfig& config() const { return config_; }
  // Of the last start().
  [[nodiscard]] const Status& started() const { return started_; }
  // The nodes that own no copy of `key`, and those that do.
  [[nodiscard]] std::vector<std::size_t> owners_of(const std::string& key) const {
    const auto ring = first_ring(config_);
    std::vector<std::size_t> owners;
    for (const NodeId owner : ring->row(ring->partition_of(ring->token_of("bucket", key)))) {
      owners.push_back(index(owner));
    }
    return owners;
  }
  [[nodiscard]] std::size_t stranger_to(const std::string& key) const {
    const std::vector<std::size_t> owners = owners_of(key);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (std::ranges::find(owners, i) == owners.end()) return i;
    }
    return nodes_.size();
  }

  TestClock clock;
  std::deque<Sent> sent;
  std::map<std::uint64_t, ClientReply> replies;
  std::set<NodeId> crowded;          // nodes that nobody may send new work to
  std::set<NodeId> without_letters;  // nodes that hear nothing of new configurations

 private:
  class Host final : public Transport {
   public:
    Host(TestCluster& cluster, NodeId self) : cluster_(cluster), self_(self) {}
    void send(std::span<const NodeId> to, const PeerMessage& message) override {
      for (const NodeId node : to) {
        cluster_.sent.push_back({.from = self_, .to = node, .message = message});
      }
    }
    [[nodiscard]] bool crowded(NodeId peer) const override {
      return cluster_.crowded.contains(peer);
    }
    void reply(const ClientHandle& client, ClientReply reply) override {
      cluster_.replies.insert_or_assign(client.request, std::move(reply));
    }

   private:
    TestCluster& cluster_;
    NodeId self_;
  };

  [[nodiscard]] std::size_t index(NodeId node) const {
    for (std::size_t i = 0; i < people_.size(); ++i) {
      if (people_[i].id == node) return i;
    }
    return people_.size();
  }

  ClusterConfig config_;
  std::vector<RingMember> people_;  // the founders, and the spares behind them
  NodeOptions options_;
  class WarningsLog final : public Log {
   public:
    void write(LogLevel level, std::string_view text) override {
      if (level == LogLevel::Warning) kept.emplace_back(text);
    }
    std::vector<std::string> kept;
  };

  WarningsLog log_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<MemoryEngine>> engines_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::set<std::pair<NodeId, NodeId>> connected_;
  std::uint64_t starts_ = 0;
  std::uint64_t requests_ = 0;
  Status started_;
};

}  // namespace starling
