#include "sim/sim_network.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "base/random.h"
#include "base/time.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "sim/event_queue.h"
#include "sim/fault_plan.h"

namespace starling::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Two nodes that write down what happens to them.
class TwoNodes final : public SimNetwork::Nodes {
 public:
  std::uint64_t boot_of(std::uint32_t node) const override { return boots.at(node); }
  Hello hello_of(std::uint32_t node) const override {
    Hello hello;
    hello.role = HelloRole::Peer;
    hello.name = "node" + std::to_string(node);
    return hello;
  }
  bool know_each_other(std::uint32_t /*one*/, std::uint32_t /*other*/) const override {
    return knows;
  }
  void on_connected(std::uint32_t node, std::uint32_t /*peer*/, const Hello& /*hello*/) override {
    log.at(node) += "U";
  }
  void on_disconnected(std::uint32_t node, std::uint32_t /*peer*/) override { log.at(node) += "D"; }
  void on_message(std::uint32_t node, std::uint32_t /*from*/, PeerMessage message) override {
    if (const auto* const boot = std::get_if<BootAnnouncement>(&message)) {
      log.at(node) += std::to_string(boot->boot_sequence);
    } else if (const auto* const digest = std::get_if<DigestRange>(&message)) {
      log.at(node) += static_cast<char>('a' + digest->count);
    }
  }

  std::array<std::uint64_t, 2> boots{1, 1};
  std::array<std::string, 2> log;
  bool knows = true;
};

NetworkWeather calm() {
  NetworkWeather weather;
  weather.latency_fastest = milliseconds(1);
  weather.latency_slowest = milliseconds(5);
  return weather;
}

struct NetworkBench {
  explicit NetworkBench(const NetworkWeather& weather = calm())
      : network(events, nodes, 2, weather, Random(7)) {
    network.node_started(0);
    network.node_started(1);
    events.run_until(Instant(seconds(1)));
  }
  void say(char letter) {
    network.send(0, 1, DigestRange{.count = static_cast<std::uint32_t>(letter - 'a')});
  }
  void wait(Duration time) { events.run_until(events.now() + time); }

  EventQueue events;
  TwoNodes nodes;
  SimNetwork network;
};

TEST_CASE("SimNetwork: nodes of which neither knows the other one meet once one does") {
  EventQueue events;
  TwoNodes nodes;
  nodes.knows = false;
  SimNetwork network(events, nodes, 2, calm(), Random(7));
  network.node_started(0);
  network.node_started(1);
  events.run_until(Instant(seconds(1)));
  CHECK(nodes.log[0].empty());
  nodes.knows = true;
  events.run_until(Instant(seconds(2)));
  CHECK(nodes.log[0] == "U");
  CHECK(nodes.log[1] == "U");
}

TEST_CASE("SimNetwork: running nodes get connected, once on each side") {
  const NetworkBench bench;
  CHECK(bench.nodes.log.at(0) == "U");
  CHECK(bench.nodes.log.at(1) == "U");
  CHECK(bench.network.is_connected(0, 1));
}

TEST_CASE("SimNetwork: one connection delivers in order") {
  NetworkBench bench;
  for (const char letter : std::string("abcdefghij")) bench.say(letter);
  bench.wait(seconds(1));
  CHECK(bench.nodes.log.at(1) == "Uabcdefghij");
}

TEST_CASE("SimNetwork: a cut direction holds messages back and the other one carries") {
  NetworkBench bench;
  bench.network.cut(0, 1);
  bench.say('a');
  bench.network.send(1, 0, DigestRange{.count = 1});
  bench.wait(seconds(1));
  CHECK(bench.nodes.log.at(1) == "U");
  CHECK(bench.nodes.log.at(0) == "Ub");
  bench.network.mend(0, 1);
  bench.wait(seconds(1));
  CHECK(bench.nodes.log.at(1) == "Ua");
}

TEST_CASE("SimNetwork: both sides hear of a reset and find each other again") {
  NetworkBench bench;
  bench.network.reset(0, 1);
  bench.say('a');  // into the void
  bench.wait(seconds(10));
  CHECK(bench.network.is_connected(1, 0));
  // The last connection stands; a side may have met it before it missed the first.
  CHECK(bench.nodes.log.at(0).back() == 'U');
  CHECK(bench.nodes.log.at(1).find('a') == std::string::npos);
}

TEST_CASE("SimNetwork: a stopped node gets nothing, and its peer notices") {
  NetworkBench bench;
  bench.nodes.boots.at(1) = 0;
  bench.network.node_stopped(1);
  bench.say('a');
  bench.wait(seconds(10));
  CHECK(bench.nodes.log.at(0) == "UD");
  CHECK(bench.nodes.log.at(1) == "U");
}

TEST_CASE("SimNetwork: lost messages are lost, but not what is said once a connection") {
  NetworkWeather weather = calm();
  weather.loss_ppm = 1'000'000;
  NetworkBench bench(weather);
  bench.say('a');
  bench.network.send(0, 1, BootAnnouncement{.boot_sequence = 4});
  bench.wait(seconds(1));
  CHECK(bench.nodes.log.at(1) == "U4");
}

TEST_CASE("SimNetwork: a repeated message comes again, also over a later connection") {
  NetworkWeather weather = calm();
  weather.replay_ppm = 1'000'000;
  weather.replay_max = seconds(100);
  NetworkBench bench(weather);
  bench.say('a');
  bench.wait(milliseconds(500));
  bench.network.reset(0, 1);
  bench.wait(seconds(200));
  const std::string& log = bench.nodes.log.at(1);
  CHECK(log.starts_with("Ua"));
  CHECK(log.find('a', 2) != std::string::npos);
}

TEST_CASE("SimNetwork: a forwarded put is never repeated to a later start of its receiver") {
  NetworkWeather weather = calm();
  weather.replay_ppm = 1'000'000;
  weather.replay_max = seconds(100);
  NetworkBench bench(weather);
  bench.network.send(0, 1, ForwardedPut{});
  bench.wait(milliseconds(500));
  const std::uint64_t delivered = bench.network.counters().delivered;
  bench.nodes.boots.at(1) = 2;
  bench.wait(seconds(200));
  CHECK(bench.network.counters().replayed == 1);
  CHECK(bench.network.counters().delivered == delivered);
}

TEST_CASE("SimNetwork: after calming down nothing is lost any more") {
  NetworkWeather weather = calm();
  weather.loss_ppm = 1'000'000;
  NetworkBench bench(weather);
  bench.network.cut(0, 1);
  bench.network.calm_down();
  bench.say('a');
  bench.wait(seconds(1));
  CHECK(bench.nodes.log.at(1) == "Ua");
}

}  // namespace
}  // namespace starling::sim
