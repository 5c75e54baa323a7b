#include "net/uv_transport.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "loop_fixture.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "message/peer_messages.h"
#include "native_side.h"
#include "net/inbox.h"
#include "net/repeat_filter.h"
#include "net/transport_report.h"
#include "net/uv_listener.h"
#include "ring/cluster_config.h"
#include "version/sibling_set.h"
#include "version/vector_clock.h"
#include "wire/codec.h"

namespace starling {
namespace {

class RecordedLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view text) override { lines.emplace_back(text); }
  [[nodiscard]] int count(const std::string& part) const {
    int found = 0;
    for (const std::string& line : lines) found += line.find(part) != std::string::npos ? 1 : 0;
    return found;
  }
  std::vector<std::string> lines;
};

class RecordedInbox final : public Inbox {
 public:
  void on_peer_up(NodeId /*peer*/, const Hello& hello) override {
    events.push_back("up " + hello.name);
    if (at_peer_up) at_peer_up();
  }
  void on_peer_down(NodeId /*peer*/) override { events.emplace_back("down"); }
  void on_peer_message(NodeId from, PeerMessage message) override {
    messages.emplace_back(from, std::move(message));
  }
  void on_client_request(const ClientHandle& client, ClientRequest request) override {
    requests.emplace_back(client, std::move(request));
  }

  std::function<void()> at_peer_up;
  std::vector<std::string> events;
  std::vector<std::pair<NodeId, PeerMessage>> messages;
  std::vector<std::pair<ClientHandle, ClientRequest>> requests;
};

// A free port, in use by nobody a moment ago: founders must know each other's before they start.
std::uint16_t free_port() {
  LoopFixture fixture;
  UvListener listener(fixture.loop, [](const UvTcp&) {});
  REQUIRE(listener.listen({.host = "127.0.0.1", .port = 0}).ok());
  return listener.port();
}

constexpr Duration kFarAway = std::chrono::seconds(5);
const std::array<std::string, 2> kNames{"alpha", "beta"};

struct Ports {
  std::array<std::uint16_t, 2> of{free_port(), free_port()};
  [[nodiscard]] std::vector<PeerAddress> founders() const {
    std::vector<PeerAddress> founders;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      founders.push_back({.id = node_id_of(kNames[i]),
                          .name = kNames[i],
                          .address = "127.0.0.1:" + std::to_string(of[i])});
    }
    return founders;
  }
};

Hello peer_hello(const std::string& name, const std::string& cluster = "starling",
                 std::uint64_t incarnation = 1) {
  return {.role = HelloRole::Peer,
          .cluster = cluster,
          .name = name,
          .http_address = {},
          .incarnation = {incarnation},
          .config = {.secret = {.high = 1, .low = 2}},
          .refusal = {}};
}

// One node's transport with everything around it.
struct Side {
  Side(LoopFixture& fixture, const Ports& ports, std::size_t index,
       const ConnectionLimits& limits = {}, std::size_t clients_max = 100,
       std::size_t clients_per_address_max = 1000, bool is_founder = true)
      : transport(TransportHost{.loop = fixture.loop,
                                .turn = fixture.turn,
                                .clock = fixture.clock,
                                .log = log,
                                .random = Random(index)},
                  inbox,
                  {.founders = is_founder ? ports.founders() : std::vector<PeerAddress>{},
                   .name = kNames[index],
                   .clients_max = clients_max,
                   .clients_per_address_max = clients_per_address_max,
                   .request_bytes_max = std::size_t{4} << 20U,
                   .answer_bytes_max = std::size_t{4} << 20U,
                   .peer_output_bytes_max = std::size_t{16} << 20U,
                   .limits = limits}) {
    REQUIRE(transport.listen({.host = "127.0.0.1", .port = ports.of[index]}).ok());
  }
  [[nodiscard]] bool has(const std::string& event) const {
    return !inbox.events.empty() && inbox.events.back() == event;
  }

  [[nodiscard]] bool has_event() const { return !inbox.events.empty(); }

  RecordedLog log;
  RecordedInbox inbox;
  UvTransport transport;
};

struct TwoSides : LoopFixture {
  explicit TwoSides(const std::string& other_cluster = "starling") {
    alpha.transport.start(peer_hello("alpha"));
    beta.transport.start(peer_hello("beta", other_cluster));
  }
  [[nodiscard]] bool connect() {
    return run_until([&] { return alpha.has("up beta") && beta.has("up alpha"); });
  }

  Ports ports;
  Side alpha{*this, ports, 0};
  Side beta{*this, ports, 1};
};

// One is a member of a cluster and hears later of the other, which waits to be joined.
struct Meeting : LoopFixture {
  explicit Meeting(std::size_t joining)
      : member(*this, ports, 1 - joining, {}, 100, 1000, false),
        waiting(*this, ports, joining, {}, 100, 1000, false),
        other(ports.founders()[joining]) {
    Hello of_member = peer_hello(kNames.at(1 - joining));
    of_member.cluster_id = {.high = 7, .low = 7};
    of_member.address = ports.founders()[1 - joining].address;
    member.transport.start(of_member);
    Hello of_waiting = peer_hello(kNames.at(joining));
    of_waiting.waits_to_join = true;
    of_waiting.address = other.address;
    waiting.transport.start(of_waiting);
  }

  Ports ports;
  Side member;
  Side waiting;
  PeerAddress other;
};

PeerMessage message_number(std::uint64_t number) {
  return DigestRange{.operation = {number}, .first = {0}, .count = 1, .remaining = kFarAway};
}

TEST_CASE("UvTransport: two founders connect, and exchange messages in order") {
  TwoSides sides;
  REQUIRE(sides.connect());
  const std::array<NodeId, 1> to_beta{node_id_of("beta")};
  const std::array<NodeId, 1> to_alpha{node_id_of("alpha")};
  for (std::uint64_t number = 1; number <= 1000; ++number) {
    sides.alpha.transport.send(to_beta, message_number(number));
    sides.beta.transport.send(to_alpha, message_number(number));
  }
  REQUIRE(sides.run_until([&] {
    return sides.alpha.inbox.messages.size() == 1000 && sides.beta.inbox.messages.size() == 1000;
  }));
  CHECK(sides.beta.inbox.messages[0].first == node_id_of("alpha"));
  CHECK(sides.beta.inbox.messages[0].second == message_number(1));
  CHECK(sides.alpha.inbox.messages[999].second == message_number(1000));
  CHECK(sides.alpha.inbox.events.size() == 1);
}

TEST_CASE(
    "UvTransport: a node that waits to be joined meets a member that hears of it, either way") {
  for (const std::size_t joining : {std::size_t{0}, std::size_t{1}}) {
    Meeting meeting(joining);
    meeting.member.transport.add_member(meeting.other);
    CHECK(meeting.run_until([&] {
      return meeting.member.has("up " + kNames.at(joining)) &&
             meeting.waiting.has("up " + kNames.at(1 - joining));
    }));
  }
}

TEST_CASE("UvTransport: a node that was joined while it was down is met when it comes") {
  LoopFixture fixture;
  const Ports ports;
  // Of the two it is the one that dials, and nobody dials it.
  const std::size_t joining = ports.founders()[0].id < ports.founders()[1].id ? 0 : 1;
  const PeerAddress other = ports.founders()[joining];
  Side member(fixture, ports, 1 - joining, {}, 100, 1000, false);
  Hello of_member = peer_hello(kNames.at(1 - joining));
  of_member.cluster_id = {.high = 7, .low = 7};
  of_member.address = ports.founders()[1 - joining].address;
  member.transport.start(of_member);
  member.transport.add_member(other);
  CHECK_FALSE(
      fixture.run_until([&] { return member.has_event(); }, std::chrono::milliseconds(200)));
  Side waiting(fixture, ports, joining, {}, 100, 1000, false);
  Hello of_waiting = peer_hello(kNames.at(joining));
  of_waiting.waits_to_join = true;
  of_waiting.address = other.address;
  waiting.transport.start(of_waiting);
  CHECK(fixture.run_until([&] { return member.has("up " + kNames.at(joining)); },
                          2 * UvTransport::kKnocksApart));
}

TEST_CASE("UvTransport: who is told of a member that it knows does not dial it anew") {
  TwoSides sides;
  REQUIRE(sides.connect());
  for (const PeerAddress& founder : sides.ports.founders()) {
    sides.alpha.transport.add_member(founder);
    sides.beta.transport.add_member(founder);
  }
  CHECK_FALSE(sides.run_until([&] { return sides.alpha.inbox.events.size() > 1; },
                              std::chrono::milliseconds(300)));
}

TEST_CASE("UvTransport: reports its peers, and what went to and came from them") {
  TwoSides sides;
  CHECK_FALSE(sides.alpha.transport.report().peers.at(0).up);
  REQUIRE(sides.connect());
  const std::array<NodeId, 1> to_beta{node_id_of("beta")};
  const TransportReport before = sides.beta.transport.report();
  sides.alpha.transport.send(to_beta, message_number(1));
  REQUIRE(sides.run_until([&] { return sides.beta.inbox.messages.size() == 1; }));
  const std::size_t bytes = encode(message_number(1)).size();
  const TransportReport after = sides.beta.transport.report();
  CHECK(after.metrics.peers.received_bytes == before.metrics.peers.received_bytes + bytes);
  const TransportReport sender = sides.alpha.transport.report();
  CHECK(sender.metrics.peers.sent_bytes >= bytes);
  CHECK(sender.metrics.clients.sent_bytes == 0);
  REQUIRE(sender.peers.size() == 1);
  CHECK(sender.peers[0].name == "beta");
  CHECK(sender.peers[0].up);
  CHECK(sender.peers[0].round_trip.value_or(std::chrono::microseconds(0)).count() > 0);
}

TEST_CASE("UvTransport: a founder that is not there yet is found when it is") {
  LoopFixture fixture;
  const Ports ports;
  Side alpha(fixture, ports, 0);
  alpha.transport.start(peer_hello("alpha"));
  fixture.run_for(std::chrono::milliseconds(120));
  CHECK(alpha.inbox.events.empty());
  Side beta(fixture, ports, 1);
  beta.transport.start(peer_hello("beta"));
  CHECK(fixture.run_until([&] { return alpha.has("up beta") && beta.has("up alpha"); }));
}

TEST_CASE("UvTransport: a lost connection is told once on both sides, and comes back") {
  LoopFixture fixture;
  const Ports ports;
  Side alpha(fixture, ports, 0);
  auto beta = std::make_unique<Side>(fixture, ports, 1);
  alpha.transport.start(peer_hello("alpha"));
  beta->transport.start(peer_hello("beta"));
  REQUIRE(fixture.run_until([&] { return alpha.has("up beta"); }));
  beta->transport.close();
  beta.reset();
  REQUIRE(fixture.run_until([&] { return alpha.has("down"); }));
  const std::array<NodeId, 1> to_beta{node_id_of("beta")};
  alpha.transport.send(to_beta, message_number(1));  // gets lost, quietly
  beta = std::make_unique<Side>(fixture, ports, 1);
  beta->transport.start(peer_hello("beta", "starling", 2));
  REQUIRE(fixture.run_until([&] { return alpha.has("up beta") && beta->has("up alpha"); }));
  CHECK(alpha.inbox.events == std::vector<std::string>{"up beta", "down", "up beta"});
  CHECK(beta->inbox.messages.empty());
}

// The node that the other one dials: whichever has the higher id.
std::size_t dialled_index() {
  return node_id_of("alpha") < node_id_of("beta") ? 1 : 0;
}

TEST_CASE("UvTransport: a message that fits no frame ends the connection, and says why") {
  TwoSides sides;
  REQUIRE(sides.connect());
  Sibling sibling;
  sibling.dot = {.actor = {.incarnation = Incarnation{1}, .lineage = 1}, .counter = 1};
  sibling.value.assign(std::size_t{40} << 20U, 'v');
  VectorClock clock;
  clock.add(sibling.dot);
  const std::array<NodeId, 1> to_beta{node_id_of("beta")};
  sides.alpha.transport.send(
      to_beta, ReplicaWrite{.address = {.bucket = "b", .key = "k"},
                            .versions = SiblingSet(std::move(clock), {std::move(sibling)})});
  CHECK_FALSE(sides.alpha.has("down"));
  REQUIRE(sides.run_until(
      [&] { return sides.alpha.inbox.events.size() == 3 && sides.beta.inbox.events.size() == 3; }));
  CHECK(sides.alpha.inbox.events[1] == "down");
  CHECK(sides.alpha.inbox.events[2] == "up beta");
  CHECK(sides.alpha.log.count("larger than a message may be (34668544 bytes)") == 1);
  CHECK(sides.beta.inbox.messages.empty());
}

TEST_CASE("UvTransport: a restarted peer's connection takes the place of the older one") {
  LoopFixture fixture;
  const Ports ports;
  Side side(fixture, ports, dialled_index());
  side.transport.start(peer_hello(kNames[dialled_index()]));
  const std::string other = kNames[1 - dialled_index()];
  NativeSide before(fixture, ports.of[dialled_index()]);
  before.say(encode(peer_hello(other, "starling", 1)));
  REQUIRE(fixture.run_until([&] { return side.inbox.events.size() == 1; }));
  NativeSide after(fixture, ports.of[dialled_index()]);
  after.say(encode(peer_hello(other, "starling", 2)));
  REQUIRE(fixture.run_until([&] { return side.inbox.events.size() == 3; }));
  CHECK(side.inbox.events == std::vector<std::string>{"up " + other, "down", "up " + other});
  CHECK(fixture.run_until([&] { return before.closed(); }));
  after.say(encode(message_number(9)));
  CHECK(fixture.run_until([&] { return side.inbox.messages.size() == 1; }));
}

TEST_CASE("UvTransport: a node that starts is found at once by one that has long been trying") {
  LoopFixture fixture;
  const Ports ports;
  Side dialling(fixture, ports, 1 - dialled_index());
  dialling.transport.start(peer_hello(kNames[1 - dialled_index()]));
  fixture.run_for(std::chrono::milliseconds(1500));  // it now waits for a second or two
  Side dialled(fixture, ports, dialled_index());
  dialled.transport.start(peer_hello(kNames[dialled_index()]));
  CHECK(fixture.run_until([&] { return !dialling.inbox.events.empty(); },
                          std::chrono::milliseconds(400)));
  CHECK(fixture.run_until([&] { return !dialled.inbox.events.empty(); }));
}

TEST_CASE("UvTransport: a knock with a new incarnation ends the connection of the old one") {
  LoopFixture fixture;
  const Ports ports;
  const std::string other = kNames[dialled_index()];
  Side dialling(fixture, ports, 1 - dialled_index());
  Side dialled(fixture, ports, dialled_index());
  dialling.transport.start(peer_hello(kNames[1 - dialled_index()]));
  dialled.transport.start(peer_hello(other));
  REQUIRE(fixture.run_until([&] { return dialling.has("up " + other) && dialled.has_event(); }));
  NativeSide same(fixture, ports.of[1 - dialled_index()]);
  same.say(encode(peer_hello(other)));
  REQUIRE(fixture.run_until([&] { return same.closed(); }));
  CHECK(dialling.inbox.events.size() == 1);
  NativeSide anew(fixture, ports.of[1 - dialled_index()]);
  anew.say(encode(peer_hello(other, "starling", 2)));
  REQUIRE(fixture.run_until([&] { return dialling.inbox.events.size() == 3; }));
  CHECK(dialling.inbox.events[1] == "down");
}

TEST_CASE("UvTransport: another cluster is refused by name, and said once on each side") {
  TwoSides sides("geese");
  sides.run_for(std::chrono::milliseconds(600));
  CHECK(sides.alpha.inbox.events.empty());
  CHECK(sides.beta.inbox.events.empty());
  CHECK(sides.alpha.log.count("--cluster") == 1);
  CHECK(sides.beta.log.count("--cluster") == 1);
  CHECK(sides.alpha.log.lines.size() <= 2);
  CHECK(sides.beta.log.lines.size() <= 2);
}

TEST_CASE("UvTransport: strangers and namesakes are refused with the reason") {
  LoopFixture fixture;
  const Ports ports;
  Side side(fixture, ports, dialled_index());
  side.transport.start(peer_hello(kNames[dialled_index()]));
  const auto refusal_of = [&](const std::string& name) {
    NativeSide caller(fixture, ports.of[dialled_index()]);
    caller.say(encode(peer_hello(name)));
    REQUIRE(fixture.run_until([&] { return caller.closed(); }));
    return caller.hello().value_or(Hello{}).refusal;
  };
  CHECK(refusal_of("gamma").find("neither in --initial-cluster nor joined") != std::string::npos);
  CHECK(refusal_of(kNames[dialled_index()]).find("--name") != std::string::npos);
  CHECK(side.inbox.events.empty());
}

TEST_CASE("UvTransport: whoever is no peer hears nothing to pose as one with") {
  LoopFixture fixture;
  const Ports ports;
  Side side(fixture, ports, dialled_index());
  side.transport.start(peer_hello(kNames[dialled_index()]));
  Hello wrong_cluster = client_hello();
  wrong_cluster.cluster = "geese";
  for (const Hello& said : {client_hello(), wrong_cluster, peer_hello("gamma")}) {
    NativeSide stranger(fixture, ports.of[dialled_index()]);
    stranger.say(encode(said));
    REQUIRE(fixture.run_until([&] { return stranger.hello().has_value(); }));
    const Hello heard = stranger.hello().value_or(peer_hello("none"));
    CHECK(heard.name == kNames[dialled_index()]);
    CHECK(heard.config == ConfigDigest{});
    CHECK(heard.incarnation == Incarnation{});
  }
}

TEST_CASE("UvTransport: a stranger with ever new names does not fill the log") {
  LoopFixture fixture;
  const Ports ports;
  Side side(fixture, ports, dialled_index());
  side.transport.start(peer_hello(kNames[dialled_index()]));
  for (int caller = 0; caller < 20; ++caller) {
    NativeSide stranger(fixture, ports.of[dialled_index()]);
    stranger.say(encode(peer_hello("stranger" + std::to_string(caller))));
    REQUIRE(fixture.run_until([&] { return stranger.closed(); }));
  }
  CHECK(side.log.count("stranger") == static_cast<int>(RepeatFilter::kLinesMax));
}

TEST_CASE("UvTransport: rubbish costs its own connection only") {
  TwoSides sides;
  REQUIRE(sides.connect());
  NativeSide client(sides, sides.ports.of[0]);
  client.say(encode(client_hello()));
  NativeSide vandal(sides, sides.ports.of[0]);
  vandal.say("GET / HTTP/1.1\r\nHost: starling\r\n\r\n");
  REQUIRE(sides.run_until([&] { return vandal.closed() && client.hello().has_value(); }));
  client.say(encode(std::uint64_t{1}, get_request("k")));
  CHECK(sides.run_until([&] { return sides.alpha.inbox.requests.size() == 1; }));
  CHECK(sides.alpha.inbox.events.size() == 1);
}

TEST_CASE("UvTransport: a client's answer finds its connection and request") {
  TwoSides sides;
  NativeSide first(sides, sides.ports.of[0]);
  NativeSide second(sides, sides.ports.of[0]);
  for (NativeSide* const client : {&first, &second}) {
    client->say(encode(client_hello()) + encode(std::uint64_t{42}, get_request("k")));
  }
  REQUIRE(sides.run_until([&] { return sides.alpha.inbox.requests.size() == 2; }));
  for (const auto& [handle, request] : sides.alpha.inbox.requests) {
    sides.alpha.transport.reply(handle, get_reply());
    sides.alpha.transport.reply({.connection = 999, .request = 42}, get_reply());
  }
  REQUIRE(
      sides.run_until([&] { return first.frames().size() == 2 && second.frames().size() == 2; }));
  CHECK(first.frames()[1].request == 42);
  CHECK(std::holds_alternative<ClientReply>(second.frames()[1].message));
}

TEST_CASE("UvTransport: what a side may not send ends its connection") {
  TwoSides sides;
  NativeSide client(sides, sides.ports.of[0]);
  client.say(encode(client_hello()) + encode(message_number(1)));
  CHECK(sides.run_until([&] { return client.closed(); }));
  CHECK(sides.alpha.inbox.messages.empty());
}

TEST_CASE("UvTransport: a slow handshake is closed, and so are clients beyond the limit") {
  LoopFixture fixture;
  const Ports ports;
  Side side(fixture, ports, 0, {.handshake_timeout = std::chrono::milliseconds(60)}, 1);
  side.transport.start(peer_hello("alpha"));
  NativeSide slow(fixture, ports.of[0]);
  REQUIRE(fixture.run_until([&] { return slow.closed(); }));
  NativeSide first(fixture, ports.of[0]);
  first.say(encode(client_hello()));
  REQUIRE(fixture.run_until([&] { return first.hello().has_value(); }));
  NativeSide second(fixture, ports.of[0]);
  second.say(encode(client_hello()));
  REQUIRE(fixture.run_until([&] { return second.closed(); }));
  CHECK(second.hello().value_or(Hello{}).refusal.find("clients_max") != std::string::npos);
  CHECK(second.hello().value_or(Hello{}).refusal_code == StatusCode::Overloaded);
  CHECK_FALSE(first.closed());
}

TEST_CASE("UvTransport: clients of one address beyond their share are refused, and may return") {
  LoopFixture fixture;
  const Ports ports;
  Side side(fixture, ports, 0, {}, 100, 1);
  side.transport.start(peer_hello("alpha"));
  NativeSide first(fixture, ports.of[0]);
  first.say(encode(client_hello()));
  REQUIRE(fixture.run_until([&] { return first.hello().has_value(); }));
  NativeSide second(fixture, ports.of[0]);
  second.say(encode(client_hello()));
  REQUIRE(fixture.run_until([&] { return second.closed(); }));
  CHECK(second.hello().value_or(Hello{}).refusal.find("from 127.0.0.1") != std::string::npos);
  first.close();
  fixture.run_for(std::chrono::milliseconds(20));
  NativeSide third(fixture, ports.of[0]);
  third.say(encode(client_hello()));
  CHECK(fixture.run_until([&] { return third.hello().value_or(Hello{}).name == "alpha"; }));
}

TEST_CASE("UvTransport: a peer gets in although silent callers have taken every place") {
  LoopFixture fixture;
  const Ports ports;
  Side side(fixture, ports, dialled_index(), {}, 1);
  side.transport.start(peer_hello(kNames[dialled_index()]));
  std::vector<std::unique_ptr<NativeSide>> silent;
  for (std::size_t i = 0; i < UvTransport::kGreetingReserve + 1; ++i) {
    silent.push_back(std::make_unique<NativeSide>(fixture, ports.of[dialled_index()]));
  }
  NativeSide peer(fixture, ports.of[dialled_index()]);
  peer.say(encode(peer_hello(kNames[1 - dialled_index()])));
  REQUIRE(fixture.run_until([&] { return side.inbox.events.size() == 1; }));
  CHECK(fixture.run_until([&] { return silent.front()->closed(); }));
  CHECK_FALSE(silent.back()->closed());
  CHECK(side.log.count("clients_max") == 1);
  NativeSide client(fixture, ports.of[dialled_index()]);
  client.say(encode(client_hello()));
  CHECK(fixture.run_until([&] { return client.hello().has_value(); }));
  CHECK(client.hello().value_or(Hello{}).refusal.empty());
}

TEST_CASE("UvTransport: peers that say nothing to each other stay connected, by their heartbeat") {
  LoopFixture fixture;
  const Ports ports;
  const ConnectionLimits limits{.silence_timeout = std::chrono::milliseconds(1500)};
  Side alpha(fixture, ports, 0, limits);
  Side beta(fixture, ports, 1, limits);
  alpha.transport.start(peer_hello("alpha"));
  beta.transport.start(peer_hello("beta"));
  REQUIRE(fixture.run_until([&] { return alpha.has("up beta") && beta.has("up alpha"); }));
  fixture.run_for(std::chrono::milliseconds(2500));
  CHECK(alpha.inbox.events.size() == 1);
  CHECK(beta.inbox.events.size() == 1);
  CHECK(alpha.inbox.messages.empty());
}

TEST_CASE("UvTransport: a peer that falls silent is told as down, its connection still standing") {
  LoopFixture fixture;
  const Ports ports;
  Side side(fixture, ports, dialled_index(), {.silence_timeout = std::chrono::milliseconds(200)});
  side.transport.start(peer_hello(kNames[dialled_index()]));
  NativeSide mute(fixture, ports.of[dialled_index()]);
  mute.say(encode(peer_hello(kNames[1 - dialled_index()])));
  REQUIRE(fixture.run_until([&] { return side.inbox.events.size() == 2; }));
  CHECK(side.has("down"));
  CHECK(side.log.count("silent for too long") == 1);
}

TEST_CASE("UvTransport: a peer with much unsent is crowded, and what is urgent overtakes it") {
  LoopFixture fixture;
  const Ports ports;
  Side side(fixture, ports, dialled_index());
  side.transport.start(peer_hello(kNames[dialled_index()]));
  NativeSide peer(fixture, ports.of[dialled_index()]);
  peer.say(encode(peer_hello(kNames[1 - dialled_index()])));
  REQUIRE(fixture.run_until([&] { return side.inbox.events.size() == 1; }));
  const std::array<NodeId, 1> to{node_id_of(kNames[1 - dialled_index()])};
  CHECK_FALSE(side.transport.crowded(to[0]));
  peer.raw().socket.pause_reading();
  ForwardedPut put;
  put.put.address = {.bucket = "b", .key = "k"};
  put.put.value.assign(std::size_t{1} << 20U, 'v');
  for (int i = 0; i < 14; ++i) side.transport.send(to, put);
  fixture.run_for(std::chrono::milliseconds(20));
  CHECK(side.transport.crowded(to[0]));
  side.transport.send(to, ReplicaWriteReply{});
  peer.raw().socket.resume_reading();
  REQUIRE(fixture.run_until([&] { return peer.frames().size() >= 16; }));
  const auto is_ack = [](const Frame& frame) {
    const auto* const message = std::get_if<PeerMessage>(&frame.message);
    return message != nullptr && std::holds_alternative<ReplicaWriteReply>(*message);
  };
  CHECK_FALSE(is_ack(peer.frames().back()));
  CHECK(std::ranges::count_if(peer.frames(), is_ack) == 1);
  CHECK_FALSE(side.transport.crowded(to[0]));
}

TEST_CASE("UvTransport: nothing overtakes the greeting, however urgent") {
  LoopFixture fixture;
  const Ports ports;
  Side side(fixture, ports, dialled_index());
  const std::array<NodeId, 1> to{node_id_of(kNames[1 - dialled_index()])};
  side.inbox.at_peer_up = [&] { side.transport.send(to, ReplicaWriteReply{}); };
  side.transport.start(peer_hello(kNames[dialled_index()]));
  NativeSide peer(fixture, ports.of[dialled_index()]);
  peer.say(encode(peer_hello(kNames[1 - dialled_index()])));
  REQUIRE(fixture.run_until([&] { return peer.frames().size() == 2; }));
  CHECK(peer.hello().has_value());
}

TEST_CASE("UvTransport: a read's answer without room is refused, a write's is not") {
  TwoSides sides;
  NativeSide client(sides, sides.ports.of[0]);
  client.say(encode(client_hello()));
  for (const std::uint64_t request : {1, 2, 3}) client.say(encode(request, get_request("k")));
  REQUIRE(sides.run_until([&] { return sides.alpha.inbox.requests.size() == 3; }));
  client.raw().socket.pause_reading();
  GetReply large;
  large.siblings.push_back({.value = std::string(std::size_t{5} << 20U, 'v'),
                            .content_type = {},
                            .modified = {},
                            .dot = "d"});
  const auto handle = [&](std::size_t index) { return sides.alpha.inbox.requests[index].first; };
  sides.alpha.transport.reply(handle(0), large);
  large.siblings.front().value.resize(std::size_t{1} << 20U);
  sides.alpha.transport.reply(handle(1), large);
  sides.alpha.transport.reply(handle(2), PutReply{});
  client.raw().socket.resume_reading();
  REQUIRE(sides.run_until([&] { return client.frames().size() == 4; }));
  const auto reply = [&](std::size_t index) {
    return std::get<ClientReply>(client.frames()[index].message);
  };
  CHECK(std::get<ErrorReply>(reply(1)).status.code() == StatusCode::Overloaded);
  CHECK(std::get<ErrorReply>(reply(1)).status.retry_after().count() > 0);
  CHECK(std::holds_alternative<GetReply>(reply(2)));
  CHECK(std::holds_alternative<PutReply>(reply(3)));
}

TEST_CASE("UvTransport: after stop_accepting those who are there go on") {
  TwoSides sides;
  NativeSide client(sides, sides.ports.of[0]);
  client.say(encode(client_hello()));
  REQUIRE(sides.run_until([&] { return client.hello().has_value(); }));
  sides.alpha.transport.stop_accepting();
  CHECK(RawSide::dial(sides, sides.ports.of[0]) == nullptr);
  client.say(encode(std::uint64_t{1}, get_request("k")));
  CHECK(sides.run_until([&] { return sides.alpha.inbox.requests.size() == 1; }));
}

}  // namespace
}  // namespace starling
