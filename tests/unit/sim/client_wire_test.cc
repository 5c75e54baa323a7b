#include "sim/client_wire.h"

#include <chrono>
#include <cstdint>
#include <variant>

#include <doctest/doctest.h>

#include "base/random.h"
#include "message/client_messages.h"
#include "sim/event_queue.h"

namespace starling::sim {
namespace {

using std::chrono::seconds;

class EchoNode final : public ClientWire::Node {
 public:
  void on_client_request(std::uint32_t /*node*/, const ClientHandle& client,
                         ClientRequest /*request*/) override {
    last = client;
    ++requests;
  }
  ClientHandle last;
  int requests = 0;
};

class WaitingClient final : public ClientWire::Client {
 public:
  void on_reply(std::uint64_t request, const ClientReply& reply) override {
    answered = request;
    was_keys = std::holds_alternative<KeysReply>(reply);
  }
  void on_hung_up(std::uint64_t connection) override { hung_up = connection; }
  std::uint64_t answered = 0;
  std::uint64_t hung_up = 0;
  bool was_keys = false;
};

struct WireBench {
  void wait() { events.run_until(events.now() + seconds(1)); }

  EventQueue events;
  EchoNode node;
  WaitingClient client;
  ClientWire wire{events, node, Random(3)};
};

TEST_CASE("ClientWire: a client that ended is told nothing when its node stops") {
  WireBench bench;
  bench.wire.connect(0, bench.client);
  WaitingClient other;
  const std::uint64_t kept = bench.wire.connect(0, other);
  bench.wire.forget(bench.client);
  bench.wire.node_stopped(0);
  bench.wait();
  CHECK(bench.client.hung_up == 0);
  CHECK(other.hung_up == kept);
}

TEST_CASE("ClientWire: carries a request to the node and its answer back") {
  WireBench bench;
  const std::uint64_t connection = bench.wire.connect(0, bench.client);
  bench.wire.send(connection, 9, {seconds(1), ClientNodeInfo{}});
  bench.wait();
  CHECK(bench.node.last == ClientHandle{connection, 9});
  bench.wire.reply(bench.node.last, KeysReply{});
  bench.wait();
  CHECK(bench.client.answered == 9);
  CHECK(bench.client.was_keys);
}

TEST_CASE("ClientWire: a client that hung up hears nothing more") {
  WireBench bench;
  const std::uint64_t connection = bench.wire.connect(0, bench.client);
  bench.wire.send(connection, 9, {seconds(1), ClientNodeInfo{}});
  bench.wait();
  bench.wire.hang_up(connection);
  bench.wire.reply(bench.node.last, KeysReply{});
  bench.wait();
  CHECK(bench.client.answered == 0);
  CHECK_FALSE(bench.wire.is_open(connection));
}

TEST_CASE("ClientWire: a node that stops takes its connections with it, and no others") {
  WireBench bench;
  const std::uint64_t connection = bench.wire.connect(0, bench.client);
  const std::uint64_t other = bench.wire.connect(1, bench.client);
  bench.wire.node_stopped(0);
  bench.wire.send(connection, 9, {seconds(1), ClientNodeInfo{}});
  bench.wait();
  CHECK(bench.node.requests == 0);
  CHECK(bench.client.hung_up == connection);
  CHECK(bench.wire.is_open(other));
}

}  // namespace
}  // namespace starling::sim
