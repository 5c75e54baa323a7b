#include "node/detector_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "env/transport.h"
#include "membership/peer_table.h"
#include "message/peer_messages.h"
#include "message/peer_state.h"
#include "node/current_ring.h"
#include "node/outbox.h"
#include "ring/cluster_config.h"
#include "support/present.h"
#include "support/test_cluster.h"

namespace starling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct KeptLines final : Log {
  void write(LogLevel level, std::string_view text) override {
    if (level != LogLevel::Trace) lines.emplace_back(text);
  }
  std::vector<std::string> lines;
};

struct SentProbes final : Transport {
  void send(std::span<const NodeId> to, const PeerMessage& message) override {
    const auto* const swim = std::get_if<SwimMessage>(&message);
    if (swim != nullptr) sent.emplace_back(to.front(), *swim);
  }
  void reply(const ClientHandle& /*client*/, ClientReply /*reply*/) override {}
  [[nodiscard]] bool crowded(NodeId /*peer*/) const override { return false; }
  std::vector<std::pair<NodeId, SwimMessage>> sent;
};

// node0 of three; the test is the others.
struct LoneService {
  static ClusterConfig founding() {
    ClusterConfig config;
    config.partitions = 8;
    for (const char* const name : {"node0", "node1", "node2"}) {
      config.founders.push_back({.id = node_id_of(name), .name = name, .address = "host:1"});
    }
    return config;
  }
  void run(Duration time) {
    const Instant end = now + time;
    while (service.next_deadline() <= end) {
      now = std::max(now, service.next_deadline());
      service.on_timer(now);
    }
    now = end;
    service.on_timer(now);
    service.check_invariants();
  }

  CurrentRing ring{first_ring(founding())};
  PeerTable peers;
  SentProbes transport;
  Outbox outbox{node_id_of("node0"), transport};
  KeptLines log;
  Instant now = kNow;
  const NodeId one = node_id_of("node1");
  const NodeId two = node_id_of("node2");
  DetectorService service{
      {.ring = ring, .peers = peers, .outbox = outbox, .log = log}, 1, Random(3), now};
};

TEST_CASE("DetectorService: a member is suspect until something is heard from it") {
  LoneService lone;
  CHECK(lone.peers.state(lone.one) == PeerState::Suspect);
  lone.peers.on_up(lone.one, "");
  CHECK(lone.peers.state(lone.one) == PeerState::Suspect);
  lone.service.on_heard(lone.one, lone.now);
  CHECK(lone.peers.state(lone.one) == PeerState::Up);
  CHECK(lone.peers.state_since(lone.one) == lone.now);
}

TEST_CASE("DetectorService: a lost connection makes its peer suspect at once, and asks another") {
  LoneService lone;
  lone.service.on_heard(lone.one, lone.now);
  lone.service.on_heard(lone.two, lone.now);
  lone.transport.sent.clear();
  lone.service.on_peer_down(lone.one, lone.now);
  CHECK(lone.peers.state(lone.one) == PeerState::Suspect);
  const auto asked = std::ranges::find_if(lone.transport.sent, [](const auto& sent) {
    return sent.second.kind == SwimKind::ProbeRequest;
  });
  REQUIRE(asked != lone.transport.sent.end());
  CHECK(asked->first == lone.two);
  CHECK(asked->second.subject == lone.one);
}

TEST_CASE("DetectorService: a silent member is doubted, then down, and each is said once") {
  LoneService lone;
  lone.service.on_heard(lone.one, lone.now);
  lone.service.on_heard(lone.two, lone.now);
  lone.service.on_silent(lone.one, lone.now);
  CHECK(lone.peers.state(lone.one) == PeerState::Suspect);
  CHECK(lone.log.lines.empty());
  for (int i = 0; i < 600; ++i) {
    lone.run(milliseconds(100));
    lone.service.on_heard(lone.two, lone.now);
  }
  CHECK(lone.peers.state(lone.one) == PeerState::Down);
  CHECK(lone.peers.state(lone.two) == PeerState::Up);
  CHECK(lone.service.report().verdicts == 1);
  lone.service.on_heard(lone.one, lone.now);
  CHECK(lone.peers.state(lone.one) == PeerState::Up);
  lone.run(seconds(1));
  CHECK(lone.log.lines == std::vector<std::string>{
                              "member 'node1' is suspect: it does not answer this node",
                              "member 'node1' is down: it answers nobody, and did not contradict",
                              "member 'node1' is up: it answers"});
}

TEST_CASE("DetectorService: doubts that end at the next answer fill no log") {
  LoneService lone;
  lone.service.on_heard(lone.one, lone.now);
  lone.service.on_heard(lone.two, lone.now);
  for (int i = 0; i < 100; ++i) {
    lone.service.on_silent(lone.one, lone.now);
    lone.run(milliseconds(50));
    lone.service.on_heard(lone.one, lone.now);
    lone.service.on_heard(lone.two, lone.now);
  }
  CHECK(lone.log.lines.empty());
}

TEST_CASE("DetectorService: it follows the ring, and forgets who left") {
  LoneService lone;
  lone.service.on_heard(lone.two, lone.now);
  ClusterConfig smaller = LoneService::founding();
  smaller.founders.pop_back();
  lone.ring.ring = first_ring(smaller);
  lone.service.look_at_ring(lone.now);
  lone.transport.sent.clear();
  lone.run(seconds(60));
  CHECK(std::ranges::all_of(lone.transport.sent,
                            [&](const auto& sent) { return sent.first == lone.one; }));
  CHECK_FALSE(lone.transport.sent.empty());
}

TEST_CASE("Node: a peer that greets and is not heard beyond that is not up") {
  TestCluster cluster(3);
  cluster.node(0).on_peer_up(cluster.id(1), cluster.node(1).hello());
  CHECK(cluster.node(0).opinion_of(cluster.id(1)) == PeerState::Suspect);
  cluster.connect_all();
  CHECK(cluster.node(0).opinion_of(cluster.id(1)) == PeerState::Up);
}

TEST_CASE("Node: a member that ends is suspect at once, down soon, and up when it is heard again") {
  TestCluster cluster(3);
  cluster.connect_all();
  cluster.stop(2);
  CHECK(cluster.node(0).opinion_of(cluster.id(2)) == PeerState::Suspect);
  CHECK(cluster.node(1).opinion_of(cluster.id(2)) == PeerState::Suspect);
  for (int i = 0; i < 200; ++i) {
    cluster.clock.advance(milliseconds(100));
    cluster.settle();
  }
  CHECK(cluster.node(0).opinion_of(cluster.id(2)) == PeerState::Down);
  CHECK(cluster.node(1).opinion_of(cluster.id(2)) == PeerState::Down);
  CHECK(cluster.node(0).opinion_of(cluster.id(1)) == PeerState::Up);
  cluster.start(2);
  cluster.connect_all();
  CHECK(cluster.node(0).opinion_of(cluster.id(2)) == PeerState::Up);
}

TEST_CASE("Node: whom requests wait for is asked last by the next one") {
  TestCluster cluster(4);
  cluster.connect_all();
  const std::size_t stranger = cluster.stranger_to("key");
  const std::uint64_t number = cluster.request(stranger, cluster.put_of("key", "value"));
  const auto awaited = std::ranges::find_if(cluster.sent, [](const TestCluster::Sent& sent) {
    return std::holds_alternative<ForwardedPut>(sent.message);
  });
  REQUIRE(awaited != cluster.sent.end());
  const NodeId silent = awaited->to;
  // It is paused: nothing of what it is sent is answered, and its connection stands.
  const auto lose_its_mail = [&] {
    std::erase_if(cluster.sent, [&](const TestCluster::Sent& sent) { return sent.to == silent; });
  };
  lose_its_mail();
  cluster.clock.advance(milliseconds(600));
  while (cluster.work(stranger)) {
  }
  CHECK(cluster.node(stranger).opinion_of(silent) == PeerState::Suspect);
  CHECK_FALSE(cluster.replies.contains(number));
  lose_its_mail();
  const std::uint64_t next = cluster.request(stranger, cluster.put_of("key", "another"));
  for (int i = 0; i < 20 && !cluster.replies.contains(next); ++i) {
    lose_its_mail();
    cluster.deliver_all();
    for (std::size_t node = 0; node < 4; ++node) static_cast<void>(cluster.commit(node));
  }
  REQUIRE(cluster.replies.contains(next));
  CHECK(std::holds_alternative<PutReply>(cluster.replies.at(next)));
}

}  // namespace
}  // namespace starling
