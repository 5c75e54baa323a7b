#include "client/dispatcher.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "message/checksum.h"

namespace starling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What a dispatcher decided, and the time and the network that a test makes up.
class Stage : public Carrier {
 public:
  struct Sent {
    ConnectionId connection;
    std::uint64_t number = 0;
    ClientRequest request;
  };

  explicit Stage(int nodes, Routing routing = Routing::Endpoints, std::uint32_t rounds = 1)
      : dispatcher(options_of(nodes, routing, rounds), *this, Random(5)) {}

  // ---- What the dispatcher tells its carrier.
  void connect(ConnectionId connection, const Endpoint& endpoint) override {
    connects.push_back(connection);
    port_of[connection] = std::stoi(endpoint.port);
  }
  std::optional<std::uint64_t> send(ConnectionId connection, std::uint64_t number,
                                    const ClientRequest& request) override {
    if (too_large) return std::nullopt;
    sent.push_back({.connection = connection, .number = number, .request = request});
    return bytes += 100;
  }
  void close(ConnectionId connection) override { closed.push_back(connection); }

  // ---- What a test does.
  std::size_t submit(ClientRequestBody body, Duration timeout = seconds(5),
                     Retry retry = Retry::Safe) {
    const std::size_t call = results.size();
    results.emplace_back();
    dispatcher.submit(Call{.request = {.remaining = {}, .body = std::move(body)},
                           .deadline = now + timeout,
                           .retry = retry,
                           .done =
                               [this, call](Result<ClientReply> result) {
                                 CHECK_FALSE(results[call].has_value());
                                 results[call] = std::move(result);
                               }},
                      now);
    collect();
    return call;
  }
  void open(ConnectionId connection) {
    dispatcher.on_open(connection, now);
    collect();
  }
  void open_last() { open(connects.back()); }
  void break_off(ConnectionId connection, std::uint64_t went_out = UINT64_MAX,
                 StatusCode code = StatusCode::Unreachable) {
    dispatcher.on_broken(connection, Status(code, "it broke"), went_out, now);
    collect();
  }
  void answer(const Sent& request, ClientReply reply) {
    dispatcher.on_reply(request.connection, request.number, std::move(reply), now);
    collect();
  }
  // Lets time pass, timer by timer.
  void pass(Duration time) {
    const Instant end = now + time;
    while (true) {
      const std::optional<Instant> timer = dispatcher.next_timer();
      if (!timer.has_value() || *timer > end) break;
      now = std::max(now, *timer);
      dispatcher.on_timer(now);
      collect();
    }
    now = end;
  }
  void collect() {
    for (auto& each : dispatcher.take_finished()) each.done(std::move(each.result));
  }
  [[nodiscard]] StatusCode code(std::size_t call) const {
    return results[call].has_value() ? results[call]->status().code() : StatusCode::NotFound;
  }
  [[nodiscard]] bool pending(std::size_t call) const { return !results[call].has_value(); }
  [[nodiscard]] int port(const Sent& request) const { return port_of.at(request.connection); }

  Instant now{seconds(1000)};
  bool too_large = false;
  std::uint64_t bytes = 0;
  std::vector<ConnectionId> connects;
  std::vector<ConnectionId> closed;
  std::map<ConnectionId, int> port_of;
  std::vector<Sent> sent;
  std::vector<std::optional<Result<ClientReply>>> results;
  Dispatcher dispatcher;

 private:
  static DispatcherOptions options_of(int nodes, Routing routing, std::uint32_t rounds) {
    DispatcherOptions options{.endpoints = {}, .routing = routing, .rounds = rounds};
    for (int node = 1; node <= nodes; ++node) {
      options.endpoints.push_back({.host = "127.0.0.1", .port = std::to_string(node)});
    }
    return options;
  }
};

ClientPut put(const std::string& key = "k") {
  ClientPut put;
  put.address = {.bucket = "b", .key = key};
  return put;
}

ClientGet get(const std::string& key = "k") {
  ClientGet get;
  get.address = {.bucket = "b", .key = key};
  return get;
}

GetReply get_reply(const std::string& key = "k") {
  GetReply reply;
  reply.checksum = checksum_of(key, reply.siblings);
  return reply;
}

ErrorReply refusal(StatusCode code, std::uint32_t required = 0) {
  return {.status = Status(code, "why"), .replies = {.required = required}};
}

ClusterStatusReply members(std::uint64_t epoch, int count) {
  ClusterStatusReply status;
  status.epoch = Epoch{epoch};
  for (int node = 1; node <= count; ++node) {
    MemberReply& member = status.members.emplace_back();
    member.id = NodeId{static_cast<std::uint64_t>(node) * 1111};
    member.address = "127.0.0.1:" + std::to_string(node);
  }
  return status;
}

// ---- Connecting.

TEST_CASE("Dispatcher: many requests share one connection and end in any order") {
  Stage stage(2);
  const std::size_t first = stage.submit(put("a"));
  const std::size_t second = stage.submit(put("b"));
  CHECK(stage.connects.size() == 1);
  stage.open_last();
  REQUIRE(stage.sent.size() == 2);
  stage.answer(stage.sent[1], PutReply{});
  CHECK(stage.pending(first));
  CHECK(stage.code(second) == StatusCode::Ok);
  stage.answer(stage.sent[0], PutReply{});
  CHECK(stage.code(first) == StatusCode::Ok);
  CHECK(stage.dispatcher.unanswered() == 0);
}

TEST_CASE("Dispatcher: while one node does not answer the next one is tried beside it") {
  Stage stage(2);
  const std::size_t call = stage.submit(put());
  stage.pass(EndpointPool::kPatience);
  REQUIRE(stage.connects.size() == 2);
  stage.open_last();
  CHECK(stage.port(stage.sent.at(0)) == 2);
  stage.answer(stage.sent[0], PutReply{});
  CHECK(stage.code(call) == StatusCode::Ok);
}

TEST_CASE("Dispatcher: a connection that is never made is given up") {
  Stage stage(1);
  const std::size_t call = stage.submit(put(), seconds(60));
  stage.pass(EndpointPool::kConnectTime);
  CHECK(stage.closed == stage.connects);
  CHECK(stage.code(call) == StatusCode::Unreachable);
}

TEST_CASE("Dispatcher: nothing waits for a connection beyond its deadline") {
  Stage stage(1);
  const std::size_t call = stage.submit(put(), milliseconds(70));
  stage.pass(milliseconds(69));
  CHECK(stage.pending(call));
  stage.pass(milliseconds(1));
  CHECK(stage.code(call) == StatusCode::Unreachable);
}

TEST_CASE("Dispatcher: with nobody there each node is tried once a round, and named") {
  Stage stage(2, Routing::Endpoints, 2);
  const std::size_t call = stage.submit(put());
  for (int attempt = 0; attempt < 4; ++attempt) {
    CHECK(stage.pending(call));
    stage.break_off(stage.connects.back());
    if (attempt == 1) stage.pass(milliseconds(100));
  }
  CHECK(stage.connects.size() == 4);
  CHECK(stage.code(call) == StatusCode::Unreachable);
  const std::string message = stage.results[call]->status().message();
  CHECK(message.find("127.0.0.1:1: it broke") != std::string::npos);
  CHECK(message.find("127.0.0.1:2: it broke") != std::string::npos);
}

TEST_CASE("Dispatcher: a server of another cluster says more than one that is not there") {
  Stage stage(2);
  const std::size_t call = stage.submit(put());
  stage.break_off(stage.connects.back(), 0, StatusCode::Failure);
  stage.break_off(stage.connects.back());
  CHECK(stage.code(call) == StatusCode::Failure);
}

// ---- What may be sent a second time.

TEST_CASE("Dispatcher: of a broken connection, writes are in doubt and reads go elsewhere") {
  Stage stage(2);
  const std::size_t write = stage.submit(put());
  const std::size_t read = stage.submit(get());
  stage.open_last();
  stage.break_off(stage.connects.back());
  CHECK(stage.code(write) == StatusCode::InDoubt);
  stage.open_last();
  REQUIRE(stage.sent.size() == 3);
  CHECK(stage.port(stage.sent[2]) == 2);
  stage.answer(stage.sent[2], get_reply());
  CHECK(stage.code(read) == StatusCode::Ok);
}

TEST_CASE("Dispatcher: a write of which not all went out goes elsewhere") {
  Stage stage(2);
  const std::size_t whole = stage.submit(put());
  const std::size_t cut = stage.submit(put());
  stage.open_last();
  stage.break_off(stage.connects.back(), 199);  // the second ends at 200
  CHECK(stage.code(whole) == StatusCode::InDoubt);
  CHECK(stage.pending(cut));
  stage.open_last();
  CHECK(stage.sent.size() == 3);
}

TEST_CASE("Dispatcher: a write in doubt is sent again only when always is asked for") {
  Stage stage(2);
  const std::size_t call = stage.submit(put(), seconds(5), Retry::Always);
  stage.open_last();
  stage.break_off(stage.connects.back());
  CHECK(stage.pending(call));
  stage.open_last();
  CHECK(stage.sent.size() == 2);
}

TEST_CASE("Dispatcher: a write that was in doubt once stays so, whoever refuses it then") {
  Stage refused_later(2);
  const std::size_t first = refused_later.submit(put(), seconds(5), Retry::Always);
  refused_later.open_last();
  refused_later.break_off(refused_later.connects.back());
  refused_later.open_last();
  refused_later.answer(refused_later.sent[1], refusal(StatusCode::TooManySiblings));
  CHECK(refused_later.code(first) == StatusCode::InDoubt);
  Stage refused_before(2);
  const std::size_t second = refused_before.submit(put(), seconds(5), Retry::Always);
  refused_before.open_last();
  refused_before.answer(refused_before.sent[0], refusal(StatusCode::Unavailable));
  refused_before.open_last();
  refused_before.break_off(refused_before.connects.back());
  CHECK(refused_before.code(second) == StatusCode::InDoubt);
}

TEST_CASE("Dispatcher: with retry never the first failure is the answer") {
  Stage stage(2);
  const std::size_t read = stage.submit(get(), seconds(5), Retry::Never);
  const std::size_t write = stage.submit(put(), seconds(5), Retry::Never);
  stage.open_last();
  stage.answer(stage.sent[1], refusal(StatusCode::Overloaded));
  CHECK(stage.code(write) == StatusCode::Overloaded);
  stage.break_off(stage.connects.back());
  CHECK(stage.code(read) == StatusCode::Unavailable);
  CHECK(stage.sent.size() == 2);
}

TEST_CASE("Dispatcher: what was refused without effect visits every node, then pauses") {
  Stage stage(2, Routing::Endpoints, 2);
  const std::size_t call = stage.submit(put());
  stage.open_last();
  stage.answer(stage.sent[0], refusal(StatusCode::Unavailable, 2));
  stage.open_last();
  REQUIRE(stage.sent.size() == 2);
  stage.answer(stage.sent[1], refusal(StatusCode::Unavailable, 2));
  CHECK(stage.sent.size() == 2);
  stage.pass(milliseconds(50));
  REQUIRE(stage.sent.size() == 3);
  stage.answer(stage.sent[2], PutReply{});
  CHECK(stage.code(call) == StatusCode::Ok);
}

TEST_CASE("Dispatcher: a server's advice how long to wait is taken") {
  Stage stage(1, Routing::Endpoints, 2);
  const std::size_t call = stage.submit(put());
  stage.open_last();
  ErrorReply busy = refusal(StatusCode::Overloaded, 2);
  busy.status = std::move(busy.status).with_retry_after(milliseconds(500));
  stage.answer(stage.sent[0], busy);
  stage.pass(milliseconds(499));
  CHECK(stage.sent.size() == 1);
  stage.pass(milliseconds(502));
  CHECK(stage.sent.size() == 2);
  CHECK(stage.pending(call));
}

TEST_CASE("Dispatcher: refusals that never end use up the budget, not the cluster") {
  Stage stage(2, Routing::Endpoints, 1000);
  stage.submit(get("first"));
  stage.open_last();
  stage.answer(stage.sent[0], get_reply("first"));
  for (int call = 0; call < 200; ++call) stage.submit(put());
  std::size_t answered = 1;
  for (int turn = 0; turn < 1000 && answered < stage.sent.size(); ++turn) {
    while (answered < stage.sent.size()) {
      const Stage::Sent request = stage.sent[answered++];
      stage.answer(request, refusal(StatusCode::Unavailable, 2));
    }
    if (stage.connects.size() == 2 && turn == 0) stage.open_last();
    stage.pass(milliseconds(100));
  }
  CHECK(stage.sent.size() <= 1 + 200 + 100);
  CHECK(stage.dispatcher.unanswered() == 0);
}

TEST_CASE("Dispatcher: an error that asking again can not change is the answer") {
  Stage stage(2);
  const std::size_t call = stage.submit(put());
  stage.open_last();
  stage.answer(stage.sent[0], refusal(StatusCode::TooManySiblings));
  CHECK(stage.code(call) == StatusCode::TooManySiblings);
}

TEST_CASE("Dispatcher: what is larger than a message is refused here") {
  Stage stage(1);
  stage.too_large = true;
  const std::size_t call = stage.submit(put());
  stage.open_last();
  CHECK(stage.code(call) == StatusCode::TooLarge);
}

// ---- Silence.

TEST_CASE("Dispatcher: a write that is not answered is in doubt at its deadline, not before") {
  Stage stage(2);
  const std::size_t call = stage.submit(put(), seconds(2));
  stage.open_last();
  CHECK(stage.sent[0].request.remaining > seconds(1));
  CHECK(stage.sent[0].request.remaining < seconds(2));
  stage.pass(milliseconds(1999));
  CHECK(stage.pending(call));
  stage.pass(milliseconds(1));
  CHECK(stage.code(call) == StatusCode::InDoubt);
  CHECK(stage.sent.size() == 1);
}

TEST_CASE("Dispatcher: a read that is not answered goes elsewhere after its share of the time") {
  Stage stage(2);
  const std::size_t call = stage.submit(get(), seconds(2));
  stage.open_last();
  stage.pass(milliseconds(1000));
  REQUIRE(stage.connects.size() == 2);
  stage.open_last();
  stage.pass(EndpointPool::kPatience);
  REQUIRE(stage.sent.size() == 2);
  stage.answer(stage.sent[0], get_reply());  // too late: nobody waits for this one any more
  CHECK(stage.pending(call));
  stage.answer(stage.sent[1], get_reply());
  CHECK(stage.code(call) == StatusCode::Ok);
}

TEST_CASE("Dispatcher: a slow node may still answer a read while no other is connected") {
  Stage stage(2);
  const std::size_t call = stage.submit(get(), seconds(2));
  stage.open_last();
  stage.pass(milliseconds(1500));
  CHECK(stage.sent.size() == 1);
  stage.answer(stage.sent[0], get_reply());
  CHECK(stage.code(call) == StatusCode::Ok);
}

TEST_CASE("Dispatcher: a connection that fell silent is replaced, and kept for what is on it") {
  Stage stage(1);
  const std::size_t early = stage.submit(put(), seconds(2));
  const std::size_t late = stage.submit(put(), seconds(10));
  stage.open_last();
  stage.pass(seconds(2));
  CHECK(stage.code(early) == StatusCode::InDoubt);
  CHECK(stage.closed.empty());
  stage.submit(put());
  CHECK(stage.connects.size() == 2);
  stage.answer(stage.sent[1], PutReply{});
  CHECK(stage.code(late) == StatusCode::Ok);
  CHECK(stage.closed == std::vector{stage.connects[0]});
}

TEST_CASE("Dispatcher: a short deadline says nothing about the server") {
  Stage stage(1);
  stage.submit(put(), milliseconds(20));
  stage.open_last();
  stage.pass(milliseconds(20));
  stage.submit(put());
  CHECK(stage.connects.size() == 1);
  CHECK(stage.sent.size() == 2);
}

TEST_CASE("Dispatcher: short deadlines that all pass in silence end a connection as a long one") {
  Stage stage(1);
  for (int call = 0; call < 4; ++call) {
    stage.submit(put(), milliseconds(300));
    if (call == 0) stage.open_last();
    stage.pass(milliseconds(300));
  }
  CHECK(stage.closed == std::vector{stage.connects[0]});
}

TEST_CASE("Dispatcher: short deadlines that pass between answers end no connection") {
  Stage stage(1);
  for (int call = 0; call < 10; ++call) {
    stage.submit(put(), milliseconds(300));
    if (call == 0) stage.open_last();
    stage.pass(milliseconds(300));
    stage.submit(put(), milliseconds(300));
    stage.answer(stage.sent.back(), PutReply{});
  }
  CHECK(stage.closed.empty());
}

TEST_CASE("Dispatcher: a server that owes too many answers loses its connection") {
  Stage stage(1);
  for (int call = 0; call < 3000; ++call) {
    stage.submit(put(), std::chrono::microseconds(100));
    if (call == 0) stage.open_last();
    stage.pass(std::chrono::microseconds(100));
    if (!stage.closed.empty()) break;
  }
  CHECK(stage.closed == std::vector{stage.connects[0]});
  CHECK(stage.sent.size() > 1000);
}

TEST_CASE("Dispatcher: many that wait for a connection are not looked at for each that ends") {
  Stage stage(1);
  for (int call = 0; call < 1000; ++call) stage.submit(put(), milliseconds(200 + call));
  stage.pass(milliseconds(700));
  CHECK(stage.connects.size() == 1);
  CHECK(stage.dispatcher.unanswered() == 499);
  stage.open_last();
  CHECK(stage.sent.size() == 499);
}

// ---- Which node.

TEST_CASE("Dispatcher: requests stay with the node that answered") {
  Stage stage(3);
  stage.submit(put());
  stage.break_off(stage.connects.back());
  stage.open_last();
  stage.answer(stage.sent.at(0), PutReply{});
  stage.pass(seconds(5));
  stage.submit(put());
  CHECK(stage.port(stage.sent.at(1)) == 2);
  CHECK(stage.connects.size() == 2);
}

TEST_CASE("Dispatcher: a node that turns requests away is left alone for a while") {
  Stage stage(2);
  stage.submit(put());
  stage.open_last();
  stage.answer(stage.sent[0], refusal(StatusCode::Unavailable));
  stage.open_last();
  stage.answer(stage.sent[1], PutReply{});
  for (int call = 0; call < 10; ++call) {
    stage.submit(put());
    CHECK(stage.port(stage.sent.back()) == 2);
    stage.answer(stage.sent.back(), PutReply{});
  }
}

// Three members, all connected, the third unknown to the user.
Stage three_members() {
  return Stage(2, Routing::Owners);
}

void settle(Stage& stage) {
  stage.submit(put("first"));
  stage.open_last();
  REQUIRE(stage.sent.size() == 2);
  CHECK(std::holds_alternative<ClientClusterStatus>(stage.sent[1].request.body));
  stage.answer(stage.sent[1], members(1, 3));
  stage.answer(stage.sent[0], PutReply{.route = {.epoch = Epoch{1}, .owner = {}}});
  for (int key = 0; key < 30; ++key) {
    stage.submit(put(std::to_string(key)));
    stage.answer(stage.sent.back(), PutReply{.route = {.epoch = Epoch{1}, .owner = {}}});
    stage.open_last();
  }
  REQUIRE(stage.connects.size() == 3);
}

TEST_CASE("Dispatcher: keys spread over the members, each stays with one") {
  Stage stage = three_members();
  settle(stage);
  std::map<int, int> asked;
  for (int key = 0; key < 300; ++key) {
    for (int again = 0; again < 2; ++again) {
      stage.submit(put(std::to_string(key)));
      stage.answer(stage.sent.back(), PutReply{.route = {.epoch = Epoch{1}, .owner = {}}});
      if (again == 1) CHECK(stage.port(stage.sent.back()) == stage.port(stage.sent.end()[-2]));
    }
    ++asked[stage.port(stage.sent.back())];
  }
  CHECK(asked.size() == 3);
  for (const auto& [port, keys] : asked) CHECK(keys > 60);
}

TEST_CASE("Dispatcher: an answer that names an owner is believed the next time") {
  Stage stage = three_members();
  settle(stage);
  stage.submit(put("key"));
  const int first = stage.port(stage.sent.back());
  const int owner = first % 3 + 1;
  const NodeId id{static_cast<std::uint64_t>(owner) * 1111};
  stage.answer(stage.sent.back(), PutReply{.route = {.epoch = Epoch{1}, .owner = id}});
  stage.submit(put("key"));
  CHECK(stage.port(stage.sent.back()) == owner);
}

TEST_CASE("Dispatcher: a newer epoch is asked about once, by the answers that carry it") {
  Stage stage = three_members();
  settle(stage);
  const std::size_t before = stage.sent.size();
  const RouteHint newer{.epoch = Epoch{2}, .owner = {}};
  const std::size_t a = stage.submit(put("a"));
  const std::size_t b = stage.submit(put("b"));
  const Stage::Sent first = stage.sent[before];
  const Stage::Sent second = stage.sent[before + 1];
  stage.pass(seconds(1));
  stage.answer(first, PutReply{.route = newer});
  stage.answer(second, PutReply{.route = newer});
  CHECK(stage.code(a) == StatusCode::Ok);
  CHECK(stage.code(b) == StatusCode::Ok);
  REQUIRE(stage.sent.size() == before + 3);
  CHECK(std::holds_alternative<ClientClusterStatus>(stage.sent.back().request.body));
  stage.answer(stage.sent.back(), members(2, 2));
  stage.pass(seconds(1));
  stage.submit(put("c"));
  stage.answer(stage.sent.back(), PutReply{.route = newer});
  CHECK(stage.sent.size() == before + 4);
}

TEST_CASE("Dispatcher: the members are not asked for when only the endpoints may be used") {
  Stage stage(1);
  stage.submit(put());
  stage.open_last();
  stage.answer(stage.sent[0], PutReply{.route = {.epoch = Epoch{7}, .owner = NodeId{1}}});
  CHECK(stage.sent.size() == 1);
}

TEST_CASE("Dispatcher: members whose addresses lead nowhere do not get in the way") {
  Stage stage(1, Routing::Owners);
  stage.submit(put("first"));
  stage.open_last();
  stage.answer(stage.sent[1], members(1, 3));
  for (int key = 0; key < 20; ++key) {
    const std::size_t call = stage.submit(put(std::to_string(key)));
    CHECK(stage.port(stage.sent.back()) == 1);
    stage.answer(stage.sent.back(), PutReply{});
    CHECK(stage.code(call) == StatusCode::Ok);
  }
}

// ---- The end.

TEST_CASE("Dispatcher: at the end writes that were sent are in doubt, all else was not applied") {
  Stage stage(1);
  const std::size_t write = stage.submit(put());
  const std::size_t read = stage.submit(get());
  stage.open_last();
  stage.break_off(stage.connects.back(), 0);
  const std::size_t waiting = stage.submit(put());
  stage.open_last();
  const std::size_t sent = stage.submit(put());
  stage.dispatcher.end_all("closed");
  stage.collect();
  CHECK(stage.code(write) == StatusCode::Unreachable);
  CHECK(stage.code(read) == StatusCode::Unreachable);
  CHECK(stage.code(waiting) == StatusCode::InDoubt);
  CHECK(stage.code(sent) == StatusCode::InDoubt);
  CHECK(stage.dispatcher.unanswered() == 0);
}

TEST_CASE("Dispatcher: whatever happens, each request ends once and by its deadline") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Stage stage(static_cast<int>(random.between(1, 4)),
                random.below(2) == 0 ? Routing::Owners : Routing::Endpoints,
                static_cast<std::uint32_t>(random.between(1, 3)));
    const Instant begin = stage.now;
    std::map<std::size_t, Instant> deadlines;
    for (int step = 0; step < 200; ++step) {
      const std::string key = std::to_string(random.below(5));
      switch (random.below(8)) {
        case 0:
        case 1: {
          const Duration timeout = random.between(Duration(milliseconds(1)), seconds(6));
          ClientRequestBody body = put(key);
          if (random.below(2) == 0) body = get(key);
          deadlines[stage.submit(std::move(body), timeout, static_cast<Retry>(random.below(3)))] =
              stage.now + timeout;
          break;
        }
        case 2:
          if (!stage.connects.empty())
            stage.open(stage.connects[random.below(stage.connects.size())]);
          break;
        case 3:
          if (!stage.connects.empty()) {
            stage.break_off(stage.connects[random.below(stage.connects.size())],
                            random.below(stage.bytes + 1));
          }
          break;
        case 4:
        case 5:
          if (!stage.sent.empty()) {
            const Stage::Sent request = stage.sent[random.below(stage.sent.size())];
            const RouteHint route{.epoch = Epoch{random.below(3)}, .owner = NodeId{1111}};
            ClientReply reply = refusal(StatusCode::Unavailable, 0);
            if (random.below(2) == 0) reply = PutReply{.route = route};
            if (std::holds_alternative<ClientClusterStatus>(request.request.body)) {
              reply = members(random.below(3), static_cast<int>(random.below(6)));
            }
            stage.answer(request, std::move(reply));
          }
          break;
        default:
          stage.pass(random.between(Duration::zero(), milliseconds(700)));
      }
      for (const auto& [call, deadline] : deadlines) {
        if (stage.now > deadline) REQUIRE_FALSE(stage.pending(call));
      }
    }
    stage.pass(seconds(10));
    for (const auto& [call, deadline] : deadlines) CHECK_FALSE(stage.pending(call));
    CHECK(stage.now > begin);
  }
}

}  // namespace
}  // namespace starling
