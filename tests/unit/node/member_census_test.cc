#include "node/member_census.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "starling/status.h"

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "env/transport.h"
#include "membership/boot_confirmation.h"
#include "membership/peer_table.h"
#include "message/client_messages.h"
#include "message/peer_messages.h"
#include "node/cluster_view.h"
#include "node/current_ring.h"
#include "ring/cluster_config.h"
#include "support/present.h"

namespace starling {
namespace {

constexpr Duration kLong = std::chrono::seconds(30);

class SilentTransport final : public Transport {
 public:
  void send(std::span<const NodeId> /*to*/, const PeerMessage& /*message*/) override {}
  void reply(const ClientHandle& /*client*/, ClientReply /*reply*/) override {}
  [[nodiscard]] bool crowded(NodeId /*peer*/) const override { return false; }
};

// node0 of three asks numbers of all; node2 is down.
struct Fixture {
  using Census = MemberCensus<std::string, int>;

  Fixture() { peers.on_up(member(1), ""); }
  static ClusterConfig config() {
    ClusterConfig config;
    config.partitions = 8;
    for (const char* const name : {"node0", "node1", "node2"}) {
      config.founders.push_back({.id = node_id_of(name), .name = name, .address = "host:1"});
    }
    return config;
  }
  static NodeId member(std::size_t i) { return config().founders[i].id; }
  Census::Begun begin(const std::string& question, Instant now = kNow, Duration patience = kLong) {
    return std::move(census.begin({.connection = 1, .request = 7}, question, now, now + patience))
        .value();
  }

  PeerTable peers;
  CurrentRing ring{first_ring(config())};
  BootConfirmation confirmation{BootAnnouncement{}, {}, StoreStanding::Founding};
  SilentTransport transport;
  ClusterView cluster{member(0), ring, peers, confirmation, transport};
  Census census{cluster, peers, Random(1)};
};

TEST_CASE("MemberCensus: all that are not down are asked, and it is over with the last answer") {
  Fixture fixture;
  const auto begun = fixture.begin("how many?");
  CHECK(begun.asked.size() == 2);
  CHECK_FALSE(fixture.census.on_answer(Fixture::member(1), begun.operation, 11).has_value());
  const auto over = fixture.census.on_answer(Fixture::member(0), begun.operation, 10);
  REQUIRE(over.has_value());
  CHECK(over->client.request == 7);
  CHECK(over->question == "how many?");
  CHECK(over->answers.at(Fixture::member(0)) == 10);
  CHECK(over->answers.at(Fixture::member(1)) == 11);
  CHECK(over->awaited.empty());
  CHECK(fixture.census.running() == 0);
}

TEST_CASE("MemberCensus: answers of others, twice, or to nothing do not count") {
  Fixture fixture;
  const auto begun = fixture.begin("?");
  CHECK_FALSE(fixture.census.on_answer(Fixture::member(2), begun.operation, 12).has_value());
  CHECK_FALSE(fixture.census.on_answer(Fixture::member(1), begun.operation, 11).has_value());
  CHECK_FALSE(fixture.census.on_answer(Fixture::member(1), begun.operation, 99).has_value());
  CHECK_FALSE(fixture.census.on_answer(Fixture::member(0), OperationId{1}, 99).has_value());
  const auto over = fixture.census.on_answer(Fixture::member(0), begun.operation, 10);
  REQUIRE(over.has_value());
  CHECK(over->answers.size() == 2);
  CHECK(over->answers.at(Fixture::member(1)) == 11);
}

TEST_CASE("MemberCensus: who goes down is not waited for") {
  Fixture fixture;
  const auto begun = fixture.begin("?");
  CHECK(fixture.census.on_peer_down(Fixture::member(1)).empty());
  CHECK(fixture.census.on_answer(Fixture::member(0), begun.operation, 10).has_value());
  const auto other = fixture.begin("?");
  static_cast<void>(fixture.census.on_answer(Fixture::member(0), other.operation, 10));
  const auto over = fixture.census.on_peer_down(Fixture::member(1));
  REQUIRE(over.size() == 1);
  CHECK(over[0].answers.size() == 1);
  CHECK(over[0].awaited.empty());
}

TEST_CASE("MemberCensus: it ends after a second, or in the middle of a shorter deadline") {
  Fixture fixture;
  CHECK_FALSE(fixture.census.next_deadline().has_value());
  static_cast<void>(fixture.begin("long"));
  CHECK(fixture.census.next_deadline() == kNow + kCensusPatience);
  static_cast<void>(fixture.begin("short", kNow, std::chrono::milliseconds(200)));
  CHECK(fixture.census.next_deadline() == kNow + std::chrono::milliseconds(100));
  CHECK(fixture.census.on_timer(kNow + std::chrono::milliseconds(99)).empty());
  const auto first = fixture.census.on_timer(kNow + std::chrono::milliseconds(100));
  REQUIRE(first.size() == 1);
  CHECK(first[0].question == "short");
  CHECK(first[0].awaited.size() == 2);
  CHECK(fixture.census.on_timer(kNow + kCensusPatience).size() == 1);
}

TEST_CASE("MemberCensus: the bound on them is an error that says so") {
  Fixture fixture;
  for (std::size_t i = 0; i < kCensusesMax; ++i) static_cast<void>(fixture.begin("?"));
  const auto refused = fixture.census.begin({}, "?", kNow, kNow + kLong);
  CHECK(refused.status().code() == StatusCode::Overloaded);
  CHECK(refused.status().retry_after() > std::chrono::milliseconds::zero());
}

}  // namespace
}  // namespace starling
